import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LinkError } from '../../src/link/failure.js';
import { cut, Rig, target } from '../support/link-rig.js';

let rig: Rig;

beforeEach(async () => {
  rig = new Rig(await mkdtemp('/tmp/hn-keeper-'));
});

afterEach(async () => {
  jest.useRealTimers();
  await rig.keeper.stop();
  expect(await readdir(rig.folder)).toEqual([]);
  await rm(rig.folder, { recursive: true });
});

const never = new AbortController().signal;

async function up(): Promise<void> {
  const ready = once(rig, 'ready');
  rig.keeper.want();
  await ready;
}

test('a replacement takes the new connections; the old link stays until its last one ends', async () => {
  rig.renewAtMs = 1_000;
  await up();
  const old = await rig.keeper.dial(target, never);
  rig.renewAtMs = undefined;
  rig.nowMs = 1_000;
  while (rig.keeper.view.connects < 2) await new Promise((resolve) => setImmediate(resolve));
  const [first, second] = rig.links;
  expect(rig.keeper.view).toMatchObject({ state: 'ready', sinceMs: 0 });
  expect(first!.isClosed).toBe(false);
  const dialled = jest.spyOn(second!, 'dial');
  (await rig.keeper.dial(target, never)).destroy();
  expect(dialled).toHaveBeenCalledTimes(1);
  old.destroy();
  await first!.ended;
  expect([first!.isClosed, second!.isClosed]).toEqual([true, false]);
});

test('a replaced link does not wait for its connections for ever', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  rig.renewAtMs = 1_000;
  await up();
  await rig.keeper.dial(target, never);
  rig.renewAtMs = undefined;
  rig.nowMs = 1_000;
  jest.advanceTimersByTime(1_000);
  while (rig.keeper.view.connects < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(rig.links.map((link) => link.isClosed)).toEqual([false, false]);
  jest.advanceTimersByTime(24 * 3_600_000);
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
});

test('a far end that does not answer is given up, and connections wait for the next link meanwhile', async () => {
  await up();
  let given: AbortSignal | undefined;
  rig.check = (signal) => {
    given = signal;
    return new Promise(() => undefined);
  };
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  const checking = rig.keeper.check('for the test');
  expect(rig.keeper.view.state).toBe('degraded');
  const dialling = rig.keeper.dial(target, never);
  jest.advanceTimersByTime(5_000);
  await checking;
  expect(given?.aborted).toBe(true);
  expect(rig.keeper.view).toMatchObject({ state: 'reconnecting', failure: { cause: 'timeout' } });
  jest.advanceTimersByTime(1);
  jest.useRealTimers();
  (await dialling).destroy();
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
});

test('a far end that answers is trusted again', async () => {
  await up();
  await Promise.all([rig.keeper.check('one'), rig.keeper.check('two')]);
  expect(rig.keeper.view).toMatchObject({ state: 'ready', connects: 1 });
});

test('a check that says the link is gone makes it anew', async () => {
  await up();
  rig.check = async () => {
    throw new LinkError(cut);
  };
  await rig.keeper.check('for the test');
  (await rig.keeper.dial(target, never)).destroy();
  expect(rig.keeper.view.connects).toBe(2);
});

test('what has failed for good is told to whoever dials; waiting ends when it is called off, or all is stopped', async () => {
  rig.failure = { ...cut, cause: 'hostkey-changed', permanent: true };
  const failed = once(rig, 'failed');
  rig.keeper.want();
  await failed;
  await expect(rig.keeper.dial(target, never)).rejects.toMatchObject({ failure: { cause: 'hostkey-changed' } });
  rig.failure = cut;
  const waits = once(rig, 'reconnecting');
  rig.keeper.retry();
  await waits;
  rig.failure = { ...cut, cause: 'credentials', authCommand: 'log in', permanent: true };
  const abort = new AbortController();
  const dialling = rig.keeper.dial(target, abort.signal);
  abort.abort(new Error('enough'));
  await expect(dialling).rejects.toThrow('enough');
  const stopped = rig.keeper.dial(target, never).catch((error: unknown) => error);
  await rig.keeper.stop();
  expect(await stopped).toMatchObject({ failure: { cause: 'closed' } });
});

test('a person is waited for, and their fresh token noticed', async () => {
  const watch = join(rig.folder, 'token');
  rig.failure = { ...cut, cause: 'credentials', authCommand: 'log in', permanent: true, watch };
  const waits = once(rig, 'needs-auth');
  rig.keeper.want();
  await waits;
  rig.failure = undefined;
  const ready = once(rig, 'ready');
  await writeFile(watch, 'fresh');
  await ready;
  await rm(watch);
});
