import { inside, type AttributeInside, type BufferInside, type Headless, type HeadlessInside } from './headless.js';
import type { IBuffer } from '@xterm/headless';

const paletteOf16 = 0x1000000;
const paletteOf256 = 0x2000000;
const rgb = 0x3000000;

const mouseProtocols: Readonly<Record<string, string>> = { X10: '9', VT200: '1000', DRAG: '1002', ANY: '1003' };
const mouseEncodings: Readonly<Record<string, string>> = { SGR: '1006', SGR_PIXELS: '1016' };
const cursorStyles: Readonly<Record<string, number>> = { block: 1, underline: 3, bar: 5 };

/**
 * Escape text that makes an empty terminal of the same size look and go on like this one: both screens, colours, links,
 * wrapped lines, cursor (also behind the last column, where the next character wraps), saved cursors, margins, tab stops,
 * character sets, modes and title. Lines above the screen are not in it.
 */
export function writeSnapshot(terminal: Headless, title: string): Uint8Array {
  return Buffer.from(new SnapshotWriter(terminal).write(title));
}

class SnapshotWriter {
  readonly #terminal: Headless;
  readonly #inside: HeadlessInside;
  readonly #out: string[] = [];
  #sgr = '0';
  #link = 0;

  constructor(terminal: Headless) {
    this.#terminal = terminal;
    this.#inside = inside(terminal);
  }

  write(title: string): string {
    const { normal, active } = this.#terminal.buffer;
    const { buffers, pen } = this.#inside;
    this.#screen(normal, buffers.normal);
    if (active.type === 'alternate') {
      this.#style('0', 0);
      this.#csi('?47h');
      this.#screen(active, buffers.alt);
    }
    if (title !== '') this.#out.push(`\u001B]2;${title}\u001B\\`);
    this.#modesBeforeCursor();
    this.#cursor(active, this.#inside.buffer);
    this.#modesAfterCursor();
    this.#style(parametersOf(pen), pen.extended.urlId);
    return this.#out.join('');
  }

  #csi(text: string): void {
    this.#out.push(`\u001B[${text}`);
  }

  /** Cells, tab stops, margins and saved cursor of one of the two screens. */
  #screen(buffer: IBuffer, within: BufferInside): void {
    this.#rows(buffer);
    this.#tabs(within);
    const { savedX, savedY, savedCurAttrData } = within;
    this.#csi(`${savedY - buffer.baseY + 1};${Math.min(savedX, this.#terminal.cols - 1) + 1}H`);
    this.#style(parametersOf(savedCurAttrData), savedCurAttrData.extended.urlId);
    this.#out.push('\u001B7');
    const { scrollTop, scrollBottom } = within;
    if (scrollTop !== 0 || scrollBottom !== this.#terminal.rows - 1) this.#csi(`${scrollTop + 1};${scrollBottom + 1}r`);
  }

  #rows(buffer: IBuffer): void {
    const { cols, rows } = this.#terminal;
    const cell = buffer.getNullCell();
    let full = false;
    for (let row = 0; row < rows; row++) {
      const line = buffer.getLine(buffer.baseY + row);
      if (!line) continue;
      // A line that goes on from the one above is written on without moving, so that it counts as one when it is copied.
      const goesOn = full && line.isWrapped && line.getCell(0, cell)?.getChars() !== '';
      full = false;
      let skipped = 0;
      if (!goesOn) this.#csi(`${row + 1}H`);
      for (let column = 0; column < cols; column++) {
        line.getCell(column, cell);
        const width = cell.getWidth();
        const chars = cell.getChars();
        if (width === 0 && chars === '' && column > 0) continue;
        const attribute = cell as unknown as AttributeInside;
        const blank = chars === '' || (width === 2 && column === cols - 1);
        if (blank && !drawn(attribute)) {
          if (attribute.getBgColorMode() !== 0) {
            if (skipped > 0) this.#csi(`${skipped}C`);
            skipped = 0;
            this.#style(parametersOf(attribute), 0);
            this.#csi('X');
          }
          skipped++;
          continue;
        }
        if (skipped > 0) this.#csi(`${skipped}C`);
        skipped = 0;
        this.#style(parametersOf(attribute), attribute.extended.urlId);
        this.#out.push(blank ? ' ' : chars);
        full = column + width >= cols;
      }
      // A wide character that found one column only went to the next line.
      full ||=
        skipped === 1 &&
        buffer
          .getLine(buffer.baseY + row + 1)
          ?.getCell(0)
          ?.getWidth() === 2;
    }
  }

  #tabs(within: BufferInside): void {
    const { cols } = this.#terminal;
    const stops = Object.keys(within.tabs)
      .map(Number)
      .filter((column) => within.tabs[column] && column < cols);
    const usual = Array.from({ length: Math.ceil(cols / 8) }, (_, index) => index * 8);
    if (stops.join() === usual.join()) return;
    this.#csi('3g');
    for (const column of stops) this.#out.push(`\u001B[${column + 1}G\u001BH`);
  }

  #modesBeforeCursor(): void {
    const { modes } = this.#terminal;
    const { activeProtocol, activeEncoding } = this.#inside.mouse;
    const set: (string | undefined)[] = [
      modes.applicationCursorKeysMode ? '1' : undefined,
      modes.bracketedPasteMode ? '2004' : undefined,
      modes.reverseWraparoundMode ? '45' : undefined,
      modes.sendFocusMode ? '1004' : undefined,
      mouseProtocols[activeProtocol],
      mouseEncodings[activeEncoding],
      // Moves the cursor to its home, so it must come before the cursor is placed.
      modes.originMode ? '6' : undefined,
    ];
    for (const mode of set) if (mode !== undefined) this.#csi(`?${mode}h`);
    if (modes.applicationKeypadMode) this.#out.push('\u001B=');
    const { cursorStyle, cursorBlink } = this.#inside.coreService.decPrivateModes;
    if (cursorStyle !== undefined) this.#csi(`${(cursorStyles[cursorStyle] ?? 1) + (cursorBlink === false ? 1 : 0)} q`);
    if (this.#inside.coreService.isCursorHidden) this.#csi('?25l');
  }

  #cursor(buffer: IBuffer, within: BufferInside): void {
    const { cols, modes } = this.#terminal;
    const row = within.y - (modes.originMode ? within.scrollTop : 0) + 1;
    if (within.x < cols) {
      this.#csi(`${row};${within.x + 1}H`);
      return;
    }
    // Behind the last column: only writing into it leads there.
    const line = buffer.getLine(buffer.baseY + within.y);
    const at = line?.getCell(cols - 1)?.getWidth() === 0 && cols > 1 ? cols - 2 : cols - 1;
    const cell = line?.getCell(at);
    this.#csi(`${row};${at + 1}H`);
    if (cell) {
      const attribute = cell as unknown as AttributeInside;
      this.#style(parametersOf(attribute), attribute.extended.urlId);
    }
    this.#out.push(cell?.getChars() || ' ');
  }

  #modesAfterCursor(): void {
    const { modes } = this.#terminal;
    if (modes.insertMode) this.#csi('4h');
    if (!modes.wraparoundMode) this.#csi('?7l');
    const { level, sets } = this.#inside.charsets;
    for (const [index, charset] of sets.entries()) {
      const letter = charset ? charsetLetter(charset) : undefined;
      if (letter !== undefined) this.#out.push(`\u001B${'()*+'[index] ?? '('}${letter}`);
    }
    if (level > 0) this.#out.push(['', '\u000E', '\u001Bn', '\u001Bo'][level] ?? '');
  }

  #style(parameters: string, link: number): void {
    if (parameters !== this.#sgr) this.#csi(`${parameters}m`);
    this.#sgr = parameters;
    if (link === this.#link) return;
    this.#link = link;
    const target = link === 0 ? undefined : this.#inside.links.getLinkData(link);
    const id = target?.id === undefined ? '' : `id=${target.id}`;
    this.#out.push(`\u001B]8;${id};${target?.uri ?? ''}\u001B\\`);
  }
}

/** SGR parameters that give exactly these colours and styles. */
function parametersOf(cell: AttributeInside): string {
  const mode = cell.getFgColorMode();
  const ground = cell.getBgColorMode();
  const { urlId, _ext } = cell.extended;
  const underline = cell.getUnderlineStyle() === 0 ? 0 : urlId === 0 ? cell.getUnderlineStyle() : (_ext >> 26) & 7;
  if (mode === 0 && ground === 0 && underline === 0 && !anyFlag(cell)) return '0';
  const parameters = ['0'];
  if (cell.isBold()) parameters.push('1');
  if (cell.isDim()) parameters.push('2');
  if (cell.isItalic()) parameters.push('3');
  if (underline > 0) parameters.push(underline === 1 ? '4' : `4:${underline}`);
  if (cell.isBlink()) parameters.push('5');
  if (cell.isInverse()) parameters.push('7');
  if (cell.isInvisible()) parameters.push('8');
  if (cell.isStrikethrough()) parameters.push('9');
  if (cell.isOverline()) parameters.push('53');
  if (mode !== 0) parameters.push(colour(mode, cell.getFgColor(), 30));
  if (ground !== 0) parameters.push(colour(ground, cell.getBgColor(), 40));
  if (underline > 0 && !cell.isUnderlineColorDefault()) {
    parameters.push(colour(cell.isUnderlineColorRGB() ? rgb : paletteOf256, cell.getUnderlineColor(), 50));
  }
  return parameters.join(';');
}

/** Whether an empty cell shows more than its background. */
function drawn(cell: AttributeInside): boolean {
  return Boolean(cell.isInverse() || cell.isStrikethrough() || cell.isOverline() || cell.getUnderlineStyle());
}

function anyFlag(cell: AttributeInside): boolean {
  return Boolean(
    cell.isBold() ||
    cell.isDim() ||
    cell.isItalic() ||
    cell.isBlink() ||
    cell.isInverse() ||
    cell.isInvisible() ||
    cell.isStrikethrough() ||
    cell.isOverline(),
  );
}

function colour(mode: number, value: number, base: 30 | 40 | 50): string {
  if (mode === paletteOf16) return String(value < 8 ? base + value : base + 60 + value - 8);
  if (mode === rgb) return `${base + 8};2;${value >> 16};${(value >> 8) & 0xff};${value & 0xff}`;
  return `${base + 8};5;${value}`;
}

/** The letter that designates a character set: DEC's line drawing or the British one; others are not in use any more. */
function charsetLetter(charset: object): string | undefined {
  if ('q' in charset) return '0';
  return Object.keys(charset).join('') === '#' ? 'A' : undefined;
}
