import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inside, openHeadless, type AttributeInside, type Headless } from '../../src/log/headless.js';
import { scale } from '../../../../test/support/scale.js';
import { applySgr, plainSgr, sgrText } from '../../src/log/sgr.js';
import { writeSnapshot } from '../../src/log/snapshot.js';

const esc = '\u001B';

async function write(terminal: Headless, text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => terminal.write(text, resolve));
}

/** All that can be seen of a terminal, and what decides how it goes on. */
function state(terminal: Headless): unknown {
  const { buffer, modes, cols, rows } = terminal;
  const within = inside(terminal);
  const screens = (buffer.active.type === 'alternate' ? [buffer.normal, buffer.active] : [buffer.active]).map(
    (screen) => {
      const lines: string[] = [];
      for (let row = 0; row < rows; row++) {
        const line = screen.getLine(screen.baseY + row);
        const cells: string[] = [];
        for (let column = 0; column < cols; column++) {
          const cell = line?.getCell(column);
          if (!cell) continue;
          const a = cell as unknown as AttributeInside;
          const drawn = a.isInverse() || a.isStrikethrough() || a.isOverline() || a.getUnderlineStyle();
          if (cell.getChars() === '' && cell.getWidth() === 1 && !drawn) {
            cells.push(`${a.getBgColorMode()}/${a.getBgColor()}`);
            continue;
          }
          const link = a.extended.urlId === 0 ? '' : within.links.getLinkData(a.extended.urlId)?.uri;
          cells.push(
            [
              cell.getChars() || ' ',
              cell.getWidth(),
              a.getFgColorMode(),
              a.getFgColor(),
              a.getBgColorMode(),
              a.getBgColor(),
              a.getUnderlineStyle(),
              a.isBold(),
              a.isDim(),
              a.isItalic(),
              a.isBlink(),
              a.isInverse(),
              a.isInvisible(),
              a.isStrikethrough(),
              a.isOverline(),
              link,
            ].join('/'),
          );
        }
        lines.push(cells.join('|'));
      }
      return lines;
    },
  );
  const { buffers } = within;
  const saved = [buffers.normal, ...(buffer.active.type === 'alternate' ? [buffers.alt] : [])].map((one) => [
    Math.min(one.savedX, cols - 1),
    one.savedY,
    one.savedCurAttrData.getFgColor(),
    one.scrollTop,
    one.scrollBottom,
  ]);
  const { x, y } = within.buffer;
  const pen = within.pen;
  return {
    screens,
    saved,
    x,
    y,
    modes: { ...modes, synchronizedOutputMode: false },
    hidden: within.coreService.isCursorHidden,
    mouse: [within.mouse.activeProtocol, within.mouse.activeEncoding],
    pen: [pen.getFgColorMode(), pen.getFgColor(), pen.getBgColor(), pen.isBold(), pen.getUnderlineStyle()],
    glevel: within.charsets.level,
  };
}

const number = fc.integer({ min: 0, max: 14 });
const piece: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'a',
      'hello world',
      'x'.repeat(11),
      'y'.repeat(12),
      'z'.repeat(25),
      '日本語',
      '日',
      'e\u0301',
      '👍',
      'é',
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('\r\n', '\n', '\r', '\t', '\b') },
  { weight: 3, arbitrary: fc.tuple(number, number).map(([row, column]) => `${esc}[${row};${column}H`) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        '0',
        '1',
        '2',
        '3',
        '4',
        '4:3',
        '7',
        '9',
        '22',
        '53',
        '31',
        '44',
        '97',
        '104',
        '38;5;200',
        '38;5;1',
        '48;2;1;2;3',
        '58;5;9;4',
        '',
      )
      .map((sgr) => `${esc}[${sgr}m`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(number, fc.constantFrom('A', 'B', 'C', 'D', 'G', 'J', 'K', 'L', 'M', 'P', 'X', '@', 'S', 'T', 'd', 'b'))
      .map(([count, final]) => `${esc}[${count}${final}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        '?1h',
        '?6h',
        '?6l',
        '?7l',
        '?7h',
        '?25l',
        '?25h',
        '?1000h',
        '?1003h',
        '?1006h',
        '?2004h',
        '?1004h',
        '4h',
        '4l',
        '?45h',
        '?1049h',
        '?1049l',
        '?47h',
        '?47l',
        '2;5r',
        'r',
        '3g',
        '!p',
      )
      .map((mode) => `${esc}[${mode}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `${esc}7`,
      `${esc}8`,
      `${esc}(0`,
      `${esc}(B`,
      `${esc})0`,
      '\u000E',
      '\u000F',
      `${esc}M`,
      `${esc}D`,
      `${esc}H`,
      `${esc}=`,
      `${esc}>`,
      `${esc}[3 q`,
      `${esc}]2;title\u0007`,
      `${esc}]8;;http://a.example/\u0007`,
      `${esc}]8;;\u0007`,
      `${esc}c`,
    ),
  },
);
const script = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

test('a terminal made from a snapshot goes on exactly as the one it was taken of', async () => {
  await fc.assert(
    fc.asyncProperty(script, script, async (before, after) => {
      const size = { cols: 12, rows: 7 };
      const original = openHeadless(size, 0);
      await write(original, before);
      const copy = openHeadless(size, 0);
      await write(copy, writeSnapshot(original, ''));
      expect(state(copy)).toEqual(state(original));
      // What repeats or changes the character just written is the one thing a snapshot cannot carry over.
      await write(original, `${esc}[5n${after}`);
      await write(copy, `${esc}[5n${after}`);
      expect(state(copy)).toEqual(state(original));
    }),
    { numRuns: scale(60, 10_000) },
  );
});

test('colours that were followed without a terminal are those a terminal has', async () => {
  const one = fc.oneof(
    fc.integer({ min: 0, max: 109 }).map(String),
    fc.constantFrom(
      '',
      '4:0',
      '4:3',
      '38;5;9',
      '48;5;200',
      '38;2;1;2;3',
      '48:2::1:2:3',
      '38:5:7',
      '58;5;3',
      '38;5',
      '38;9;1',
      '00',
      '01',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(one, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (sequences) => {
      let sgr = plainSgr;
      const original = openHeadless({ cols: 10, rows: 2 }, 0);
      for (const parts of sequences) {
        await write(original, `${esc}[${parts.join(';')}m`);
        sgr = applySgr(sgr, parts.join(';'));
      }
      const copy = openHeadless({ cols: 10, rows: 2 }, 0);
      await write(copy, sgrText(sgr));
      await write(original, 'x');
      await write(copy, 'x');
      expect(state(copy)).toEqual(state(original));
    }),
    { numRuns: scale(60, 10_000) },
  );
});
