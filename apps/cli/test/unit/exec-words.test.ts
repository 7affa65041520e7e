import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoted, readWords } from '../../src/exec/words.js';

const verbs = ['status', 'logs', 'list', 'wait', 'destroy', 'init'];

describe('what is to be run', () => {
  test.each([
    [['terraform plan'], [], { command: 'terraform plan' }],
    [['make'], [], { command: 'make' }],
    [['logs of yesterday'], [], { command: 'logs of yesterday' }],
    [['a\nb'], [], { command: 'a\nb' }],
    [[], ['logs'], { argv: ['logs'] }],
    [[], ['sh', '-c', 'a  b', '--', ''], { argv: ['sh', '-c', 'a  b', '--', ''] }],
  ])('%j and %j behind -- is %j', (words, rest, expected) => {
    expect(readWords(words, rest, verbs)).toEqual(expected);
  });

  test.each([
    [['terraform', 'plan'], [], /2 words.*hawser exec "terraform plan".*hawser exec -- terraform plan/s],
    [['echo', '$HOME', 'it’s "so"'], [], /hawser exec 'echo \$HOME it’s "so"'.*hawser exec -- echo '\$HOME'/s],
    [['destory'], [], /mistyped verb.*hawser exec destroy\?.*hawser exec -- destory/s],
    [['status'], [], /is a verb.*hawser exec status\?/s],
    [['stat'], [], /hawser exec status\?.*hawser exec -- stat/s],
    [[], [], /COMMAND is missing/],
    [[' '], [], /COMMAND is missing/],
    [['make'], ['make'], /two commands/],
  ])('%j and %j behind -- is refused, saying how to say it', (words, rest, message) => {
    expect(() => readWords(words, rest, verbs)).toThrow(
      expect.objectContaining({ code: 'HAWSER_CLI_USAGE', exitCode: 2 }),
    );
    let said = '';
    try {
      readWords(words, rest, verbs);
    } catch (thrown) {
      const { message: text, hint } = thrown as { message: string; hint: string };
      said = `${text}\n${hint}`;
    }
    expect(said).toMatch(message);
  });

  test('a shell takes quoted words back as they were', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
          { minLength: 1 },
        ),
        (words) => {
          const script = `for word in ${quoted(words)}; do printf '%s\\0' "$word"; done`;
          expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
            words.map((word) => `${word}\0`).join(''),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
