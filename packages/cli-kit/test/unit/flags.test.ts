import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { parseDuration } from '../../src/flags.js';
import { cutAtDashes, wantsJson } from '../../src/argv.js';

describe('a duration', () => {
  test.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['0s', 0],
    ['1d12h', 129_600_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '5', 's', '5 s', '-5s', '5s!', '1w', 'five'])('%j is none: HAWSER_CLI_USAGE', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'HAWSER_CLI_USAGE', exitCode: 2 }));
  });
});

describe('words cut at the first --', () => {
  test('are all there, and nothing behind it is looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '--', '--json', '-x', '')), (argv) => {
        const { own, rest } = cutAtDashes(argv);
        expect(rest === undefined ? own : [...own, '--', ...rest]).toEqual(argv);
        expect(own).not.toContain('--');
        expect(wantsJson(argv)).toBe(own.includes('--json'));
      }),
    );
  });
});
