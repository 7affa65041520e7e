import { expect, test } from '@jest/globals';
import { SsmChannelError, type SsmChannelErrorCode, ssmChannelErrors } from '../../src/errors.js';

test('an error carries its code, exit code, hint, details and cause', () => {
  const cause = new Error('underneath');
  const error = new SsmChannelError('HAWSER_SSM_TARGET_AMBIGUOUS', 'two', {
    cause,
    details: { candidates: ['a', 'b'] },
  });
  expect(error).toBeInstanceOf(Error);
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'HAWSER_SSM_TARGET_AMBIGUOUS',
    exitCode: 2,
    hint: ssmChannelErrors.HAWSER_SSM_TARGET_AMBIGUOUS.hint,
    details: { candidates: ['a', 'b'] },
  });
  expect(error.cause).toBe(cause);
  expect(String(error)).toBe('SsmChannelError: two');
  expect(Object.hasOwn(error, 'name')).toBe(false);
  expect(new SsmChannelError('HAWSER_SSM_LINK_LOST', 'gone', { hint: 'other' }).hint).toBe('other');
  expect('cause' in new SsmChannelError('HAWSER_SSM_LINK_LOST', 'gone')).toBe(false);
});

test('every code has an exit code and a hint that is a sentence', () => {
  for (const [code, { exitCode, hint }] of Object.entries(ssmChannelErrors)) {
    expect(code).toMatch(/^HAWSER_SSM_[A-Z]+(_[A-Z]+)*$/);
    expect([1, 2]).toContain(exitCode);
    expect(hint).toMatch(/^[A-Z].*\.$/);
    expect(new SsmChannelError(code as SsmChannelErrorCode, 'x').exitCode).toBe(exitCode);
  }
});
