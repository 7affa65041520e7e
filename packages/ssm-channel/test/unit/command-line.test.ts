import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoteCommand } from '../../src/session/command-line.js';

describe('quoteCommand', () => {
  test('leaves plain words alone and quotes the rest', () => {
    expect(quoteCommand(['sh', '-c', 'exit 7'])).toBe("sh -c 'exit 7'");
    expect(quoteCommand(['echo', "it's", ''])).toBe(`echo 'it'"'"'s' ''`);
  });

  test('a real shell gives every word back unchanged', () => {
    const words = fc.array(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(words, (argv) => {
        const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${quoteCommand(argv)}`], { encoding: 'utf8' });
        expect(printed.split('\0').slice(0, -1)).toEqual(argv);
      }),
      { numRuns: 60 },
    );
  });
});
