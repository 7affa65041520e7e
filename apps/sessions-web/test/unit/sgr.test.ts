import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readSgr, type Look } from '../../src/sgr.js';

const esc = '\u001B';

function looks(line: string): [string, Look][] {
  return readSgr(line).map(({ text, look }) => [text, look]);
}

describe('lines with SGR sequences', () => {
  test('become runs of text, each with its look', () => {
    expect(looks(`plain ${esc}[1;31mred${esc}[22;39m still ${esc}[4mlined${esc}[m end`)).toEqual([
      ['plain ', {}],
      ['red', { bold: true, ink: 1 }],
      [' still ', { bold: false, faint: false }],
      ['lined', { bold: false, faint: false, underline: true }],
      [' end', {}],
    ]);
  });

  test('may have colours of the palette and of their own, with semicolons and with colons', () => {
    expect(looks(`${esc}[38;5;208ma${esc}[48;2;1;2;3mb${esc}[38:2::9:8:7mc${esc}[97;104md${esc}[38:5:17me`)).toEqual([
      ['a', { ink: 208 }],
      ['b', { ink: 208, ground: 'rgb(1 2 3)' }],
      ['c', { ink: 'rgb(9 8 7)', ground: 'rgb(1 2 3)' }],
      ['d', { ink: 15, ground: 12 }],
      ['e', { ink: 17, ground: 12 }],
    ]);
  });

  test('lose what is not for the eye: other sequences, links, control characters', () => {
    const line = `a${esc}[2K${esc}]8;;https://example.com${esc}\\link${esc}]8;;\u0007${esc}(B\rb${esc}[3`;
    expect(
      readSgr(line)
        .map(({ text }) => text)
        .join(''),
    ).toBe('alinkb3');
  });

  test('never lose a character of plain text, and never fail', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.stringMatching(/^[ -~é漢]*$/), fc.constantFrom(`${esc}[0m`, `${esc}[1;38;5;`, `${esc}[38;2;1m`)),
        ),
        (parts) => {
          const shown = readSgr(parts.join(''))
            .map(({ text }) => text)
            .join('');
          expect(shown).not.toContain(esc);
        },
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ -~]*$/)), fc.integer({ min: 0, max: 110 }), (words, code) => {
        const line = words.map((word) => `${esc}[${code}m${word}`).join('');
        expect(
          readSgr(line)
            .map(({ text }) => text)
            .join(''),
        ).toBe(words.join(''));
      }),
    );
  });
});
