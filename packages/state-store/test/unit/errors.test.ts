import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StateStoreError } from '@hawser/state-store';
import { expect, test } from '@jest/globals';
import { errnoOf, explainSystemError } from '../../src/errors.js';

const here = import.meta.dirname;

test('an error says what, how bad, what to do, and is recognised by its shape', () => {
  const cause = new Error('underneath');
  const error = new StateStoreError('HAWSER_STATE_LOCKED', 'net.json is locked.', { cause, details: { pid: 1 } });
  expect(error).toMatchObject({
    name: 'StateStoreError',
    code: 'HAWSER_STATE_LOCKED',
    exitCode: 1,
    details: { pid: 1 },
  });
  expect(error.hint).toBe('Wait for the other process, or end it, and try again.');
  expect(error.cause).toBe(cause);
  expect(Object.hasOwn(error, 'name')).toBe(false);
  expect(new StateStoreError('HAWSER_STATE_IO', 'x', { hint: 'Better.' }).hint).toBe('Better.');
  expect(Object.hasOwn(new StateStoreError('HAWSER_STATE_IO', 'x'), 'cause')).toBe(false);
});

test.each([
  ['ENOSPC', 'write', 'HAWSER_STATE_DISK_FULL'],
  ['EDQUOT', 'write', 'HAWSER_STATE_DISK_FULL'],
  ['EROFS', 'write', 'HAWSER_STATE_READ_ONLY'],
  ['EACCES', 'write', 'HAWSER_STATE_READ_ONLY'],
  ['EPERM', 'write', 'HAWSER_STATE_READ_ONLY'],
  ['EACCES', 'read', 'HAWSER_STATE_NO_ACCESS'],
  ['ENOTDIR', 'write', 'HAWSER_STATE_NOT_A_FOLDER'],
  ['EEXIST', 'write', 'HAWSER_STATE_NOT_A_FOLDER'],
  ['ESTALE', 'read', 'HAWSER_STATE_IO'],
  ['EIO', 'write', 'HAWSER_STATE_IO'],
] as const)('the system error %s while a %s is %s', (errno, access, code) => {
  const cause = Object.assign(new Error(errno), { code: errno, syscall: 'open' });
  expect(errnoOf(cause)).toBe(errno);
  expect(explainSystemError(cause, 'do it', '/some/path', access)).toMatchObject({
    code,
    cause,
    details: { path: '/some/path', errno },
    message: expect.stringMatching(/^Cannot do it: .*\/some\/path/),
  });
});

test('what is no system error is passed through', () => {
  const error = new Error('mine');
  expect(explainSystemError(error, 'do it', '/p', 'read')).toBe(error);
  expect(errnoOf('text')).toBeUndefined();
});

test('every code is provoked by a test of this package, and is in its README', async () => {
  const source = await readFile(join(here, '../../src/errors.ts'), 'utf8');
  const codes = new Set(source.match(/HAWSER_STATE_[A-Z_]+/g));
  const readme = await readFile(join(here, '../../README.md'), 'utf8');
  const files = await Promise.all(
    ['.', '../faults'].map(async (folder) => {
      const names = (await readdir(join(here, folder))).filter(
        (name) => name.endsWith('.ts') && name !== 'errors.test.ts',
      );
      return Promise.all(names.map((name) => readFile(join(here, folder, name), 'utf8')));
    }),
  );
  const tests = files.flat().join('\n');
  for (const code of codes) {
    if (code === 'HAWSER_STATE_DIR') continue;
    expect([code, tests.includes(`'${code}'`)]).toEqual([code, true]);
    expect([code, readme.includes(`\`${code}\``)]).toEqual([code, true]);
  }
});
