import { expect, test } from '@jest/globals';
import { exitStatus, type Ending } from '../../src/ending.js';

const endings: readonly [Ending, dropIn: number, dropInRemote: number, own: number, ownRemote: number][] = [
  [{ how: 'done' }, 0, 0, 0, 0],
  [{ how: 'done', remoteExitCode: 42 }, 0, 42, 0, 42],
  [{ how: 'failed' }, 0, 125, 1, 125],
  [{ how: 'interrupted' }, 0, 0, 130, 130],
];

test.each(endings)('%j ends with the status of its form', (ending, dropIn, dropInRemote, own, ownRemote) => {
  expect(exitStatus(ending, { isDropIn: true, remoteExitCode: false })).toBe(dropIn);
  expect(exitStatus(ending, { isDropIn: true, remoteExitCode: true })).toBe(dropInRemote);
  expect(exitStatus(ending, { isDropIn: false, remoteExitCode: false })).toBe(own);
  expect(exitStatus(ending, { isDropIn: false, remoteExitCode: true })).toBe(ownRemote);
});
