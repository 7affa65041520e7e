import type { TerminalSize } from '../protocol/types.js';
import { inside, openHeadless, type Headless } from './headless.js';
import { Scanner } from './scan.js';
import { sameSgr, sgrText, type Sgr } from './sgr.js';
import { writeSnapshot } from './snapshot.js';
import type { ScreenTracker, ScreenView } from './types.js';

/** Bytes handed to the terminal at once: what it parses without letting anything else run. */
const sliceBytes = 65_536;
/** Bytes taken from the queue before it is looked at again. */
const batchBytes = 262_144;
/** Plain text shorter than this is simply parsed. */
const worthSkipping = 16_384;

type Item =
  | { readonly kind: 'bytes'; readonly data: Uint8Array; readonly plain: boolean; readonly sgr: Sgr }
  | { readonly kind: 'draw'; readonly data: Uint8Array }
  | { readonly kind: 'size'; readonly size: TerminalSize }
  | { readonly kind: 'take'; readonly run: () => void };

/**
 * Keeps a terminal of the screen's size in step with the output, on the thread it is called on but after it: what is
 * pushed waits in a queue. It parses 25 to 50 MB/s, so of a flood of plain text it jumps over all but what can still be on the screen:
 * behind twice as many line ends as there are rows, nothing above is to be seen any more. Offsets at which the screen is
 * asked for are exact either way.
 */
export class Tracker implements ScreenTracker {
  readonly #terminal: Headless;
  #queue: Item[] = [];
  #pumping = false;
  #offset: number;
  #queued = 0;
  #title = '';
  #onLessened: () => void = () => undefined;

  constructor(size: TerminalSize, offset = 0) {
    this.#terminal = openHeadless(size, 0);
    this.#terminal.onTitleChange((title) => {
      this.#title = title;
    });
    this.#offset = offset;
  }

  /** Bytes that wait. */
  get backlog(): number {
    return this.#queued;
  }

  /** Called whenever the backlog became smaller. */
  set onLessened(listener: () => void) {
    this.#onLessened = listener;
  }

  /**
   * More output. Kept as it is until parsed, so it must not change. `plain`: as {@link Scanner} says; `sgr`: colours in
   * force before it.
   */
  push(data: Uint8Array, plain: boolean, sgr: Sgr): void {
    this.#queued += data.length;
    this.#add({ kind: 'bytes', data, plain, sgr });
  }

  /** Escape text that is not part of the output, such as a keyframe to begin with. */
  draw(data: Uint8Array): void {
    this.#add({ kind: 'draw', data });
  }

  resize(size: TerminalSize): void {
    this.#add({ kind: 'size', size });
  }

  /** Runs when all pushed before is on the screen, and nothing after. */
  take(run: () => void): void {
    this.#add({ kind: 'take', run });
  }

  async settled(): Promise<void> {
    await new Promise<void>((resolve) => this.take(resolve));
  }

  snapshot(): Uint8Array {
    return writeSnapshot(this.#terminal, this.#title);
  }

  view(): ScreenView {
    const { cols, rows, buffer } = this.#terminal;
    const active = buffer.active;
    const texts: string[] = [];
    for (let row = 0; row < rows; row++) texts.push(active.getLine(active.baseY + row)?.translateToString(true) ?? '');
    return {
      offset: this.#offset,
      size: { cols, rows },
      rows: texts,
      cursor: {
        x: Math.min(active.cursorX, cols - 1),
        y: active.cursorY,
        visible: !inside(this.#terminal).coreService.isCursorHidden,
      },
      title: this.#title,
      alternate: active.type === 'alternate',
    };
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  #add(item: Item): void {
    this.#queue.push(item);
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      let end = 0;
      let bytes = 0;
      for (; end < this.#queue.length; end++) {
        const item = this.#queue[end] as Item;
        if (item.kind !== 'bytes' || bytes >= batchBytes) break;
        bytes += item.data.length;
      }
      if (end > 0) {
        const batch = this.#queue.splice(0, end) as Extract<Item, { kind: 'bytes' }>[];
        await this.#parse(batch);
        this.#offset += bytes;
        this.#queued -= bytes;
        this.#onLessened();
      } else {
        const item = this.#queue.shift() as Exclude<Item, { kind: 'bytes' }>;
        if (item.kind === 'size') this.#terminal.resize(item.size.cols, item.size.rows);
        else if (item.kind === 'draw') await this.#feed([item.data]);
        else item.run();
      }
    }
    this.#pumping = false;
  }

  async #parse(batch: readonly Extract<Item, { kind: 'bytes' }>[]): Promise<void> {
    let firstPlain = batch.length;
    let plainBytes = 0;
    while (firstPlain > 0) {
      const item = batch[firstPlain - 1] as (typeof batch)[number];
      if (!item.plain) break;
      plainBytes += item.data.length;
      firstPlain--;
    }
    if (plainBytes < worthSkipping) {
      await this.#feed(batch.map((item) => item.data));
      return;
    }
    if (firstPlain > 0) await this.#feed(batch.slice(0, firstPlain).map((item) => item.data));
    await this.#feed(this.#lastScreens(batch.slice(firstPlain)));
  }

  /** Of plain text: what must be parsed for the screen to come out right. */
  #lastScreens(batch: readonly Extract<Item, { kind: 'bytes' }>[]): Uint8Array[] {
    const all = batch.map((item) => item.data);
    const { scrollTop, scrollBottom } = inside(this.#terminal).buffer;
    // Within margins only part of the screen scrolls.
    if (scrollTop !== 0 || scrollBottom !== this.#terminal.rows - 1) return all;
    let missing = 2 * this.#terminal.rows + 1;
    for (let index = batch.length - 1; index >= 0; index--) {
      const { data, sgr } = batch[index] as (typeof batch)[number];
      for (let at = data.lastIndexOf(0x0a); at >= 0; at = at === 0 ? -1 : data.lastIndexOf(0x0a, at - 1)) {
        missing--;
        // Only behind CR LF is it known that the cursor stands in the first column.
        if (missing > 0 || at === 0 || data[at - 1] !== 0x0d) continue;
        const scanner = new Scanner();
        scanner.sgr = sgr;
        scanner.push(data.subarray(0, at + 1), () => undefined);
        const before = (batch[0] as (typeof batch)[number]).sgr;
        const colours = sameSgr(before, scanner.sgr) ? '' : sgrText(scanner.sgr);
        return [Buffer.from(`\r${colours}`), data.subarray(at + 1), ...all.slice(index + 1)];
      }
    }
    return all;
  }

  async #feed(pieces: readonly Uint8Array[]): Promise<void> {
    const slices = pieces.flatMap((piece) => {
      const parts: Uint8Array[] = [];
      for (let at = 0; at < piece.length; at += sliceBytes) parts.push(piece.subarray(at, at + sliceBytes));
      return parts;
    });
    const last = slices.pop();
    if (last === undefined) return;
    for (const slice of slices) this.#terminal.write(slice);
    await new Promise<void>((resolve) => this.#terminal.write(last, resolve));
  }
}
