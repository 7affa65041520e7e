import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createUtf8Quirk } from '../../src/ssm/agent/utf8-quirk.js';

/** The agent's loop, character by character, as its description has it. */
function slowQuirk(): (chunk: Buffer) => Buffer {
  let held = Buffer.alloc(0);
  return (chunk) => {
    const data = Buffer.concat([held, chunk]);
    const out: Buffer[] = [];
    let at = 0;
    while (at < data.length) {
      const length = [1, 2, 3, 4].find((size) => {
        const text = data.subarray(at, at + size).toString('utf8');
        return (
          at + size <= data.length &&
          Array.from(text).length === 1 &&
          Buffer.from(text).equals(data.subarray(at, at + size))
        );
      });
      const character = length === undefined ? '\uFFFD' : data.toString('utf8', at, at + length);
      if (character === '\uFFFD') {
        if (data.length - at < 4) break;
        out.push(data.subarray(at, at + 1));
      } else {
        out.push(data.subarray(at, at + length!));
      }
      at += length ?? 1;
    }
    held = data.subarray(at);
    return Buffer.concat(out);
  };
}

const through = (quirk: (chunk: Buffer) => Buffer, chunks: readonly Buffer[]): Buffer =>
  Buffer.concat(chunks.map(quirk));

describe('how the agent cuts text', () => {
  test.each([
    ['plain text', ['abc', 'def'], 'abcdef'],
    ['a character cut in two', ['caf\xc3', '\xa9!'], 'caf\xc3\xa9!'],
    ['a tail that looks unfinished is lost', ['ab\xc3'], 'ab'],
    ['invalid bytes pass when enough comes behind', ['\xff\xfe', 'abcd'], '\xff\xfeabcd'],
    ['a genuine U+FFFD passes as one byte of three', ['\xef\xbf\xbdabcd'], '\xefabcd'],
  ])('%s', (_, chunks, expected) => {
    expect(
      through(
        createUtf8Quirk(),
        chunks.map((chunk) => Buffer.from(chunk, 'latin1')),
      ),
    ).toEqual(Buffer.from(expected, 'latin1'));
  });

  test('is what a walk over every character gives, for any bytes cut anywhere', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => Buffer.from(value));
    const bytes = fc.uint8Array({ maxLength: 24 }).map((value) => Buffer.from(value));
    const replacement = fc.constant(Buffer.from('\uFFFD'));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(text, bytes, replacement), { maxLength: 8 }),
        fc.array(fc.nat(20)),
        (parts, cuts) => {
          const data = Buffer.concat(parts);
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(data.subarray(at, at + cut));
            at = Math.min(data.length, at + cut);
          }
          chunks.push(data.subarray(at));
          expect(through(createUtf8Quirk(), chunks)).toEqual(through(slowQuirk(), chunks));
        },
      ),
      { numRuns: 300 },
    );
  });
});
