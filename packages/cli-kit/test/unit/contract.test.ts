import { describe, expect, test } from '@jest/globals';
import { isHawserError, toFailure } from '../../src/errors/contract.js';
import { toUsageError } from '../../src/errors/usage.js';
import { CliKitError } from '../../src/errors.js';

const good = { code: 'HAWSER_X_Y', exitCode: 1 };

describe('the shape of an error', () => {
  test('is known in whoever keeps it', () => {
    expect(isHawserError(new CliKitError('HAWSER_CLI_USAGE', 'wrong'))).toBe(true);
    expect(isHawserError(Object.assign(new Error('from another copy'), good))).toBe(true);
  });

  test.each([
    ['no error at all', 'a string'],
    ['nothing', undefined],
    ['an object that is no error', { message: 'm', ...good }],
    ['an error without a code', new Error('plain')],
    ['a code of somebody else', Object.assign(new Error('m'), { code: 'ENOENT', exitCode: 1 })],
    ['an exit code that is none of ours', Object.assign(new Error('m'), { code: 'HAWSER_X', exitCode: 7 })],
  ])('is not seen in %s, which is a bug then', (_, thrown) => {
    expect(isHawserError(thrown)).toBe(false);
    expect(toFailure(thrown)).toMatchObject({ code: 'HAWSER_CLI_BUG', exitCode: 1 });
  });

  test('details that nobody gave are empty, a hint that nobody gave is none', () => {
    const failure = toFailure(Object.assign(new Error('m'), good));
    expect(failure.details).toEqual({});
    expect('hint' in failure).toBe(false);
  });
});

test('a message is shown as a sentence, whoever wrote it without its full stop', () => {
  const shown = (message: string): string => toFailure(Object.assign(new Error(message), good)).message;
  expect(
    ['No region is set', "There is no set 'x'", 'It took 5 s.', 'Why?', 'See below:\na b', 'at https://x/'].map(shown),
  ).toEqual(['No region is set.', "There is no set 'x'.", 'It took 5 s.', 'Why?', 'See below:\na b', 'at https://x/']);
});

describe('errors of the parser', () => {
  const command = { usage: 'hawser x', hint: 'Usage: hawser x', flags: ['region'] };

  test('become usage errors that name what was meant', () => {
    const thrown = Object.assign(new Error('Nonexistent flag: --regoin\nSee more help with --help'), {
      parse: {},
      flags: ['--regoin'],
    });
    expect(toUsageError(thrown, command)).toMatchObject({
      code: 'HAWSER_CLI_USAGE',
      message: 'There is no flag --regoin here.',
      hint: 'Did you mean --region?\nUsage: hawser x',
      cause: thrown,
    });
  });

  test('what is thrown by the work of a command is none of them', () => {
    expect(toUsageError(new Error('Flags of truce'), command)).toBeUndefined();
    expect(toUsageError(new CliKitError('HAWSER_CLI_USAGE', 'x'), command)).toBeUndefined();
  });
});
