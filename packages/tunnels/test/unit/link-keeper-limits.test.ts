import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LinkError } from '../../src/link/failure.js';
import type { ChildRecord } from '../../src/providers/provider.js';
import { cut, Rig, target } from '../support/link-rig.js';

const never = new AbortController().signal;
const childOf = (pid: number): ChildRecord =>
  ({ identity: { pid, start: `${pid}` }, program: '/usr/bin/ssh' }) as never;

let rig: Rig;

beforeEach(async () => {
  rig = new Rig(await mkdtemp(join(tmpdir(), 'hn-limits-')));
});

afterEach(async () => {
  jest.useRealTimers();
  await rig.keeper.stop();
  expect(await readdir(rig.folder)).toEqual([]);
  await rm(rig.folder, { recursive: true });
});

async function up(): Promise<void> {
  const ready = once(rig, 'ready');
  rig.keeper.want();
  await ready;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('an attempt is given what it needs, and its processes are known before it is up and until it is gone', async () => {
  let open = (): void => undefined;
  rig.gate = new Promise((resolve) => {
    open = resolve;
  });
  rig.children = [childOf(11), childOf(12)];
  rig.pids = [12, 13];
  expect([rig.keeper.pids, rig.keeper.isUp]).toEqual([[], false]);
  rig.keeper.want();
  while (rig.added.length < 2) await turn();
  expect(rig.opened).toMatchObject([{ targets: [target], runtimeDirectory: join(rig.folder, 'l1') }]);
  expect([rig.keeper.pids, rig.added]).toEqual([[11, 12], rig.children]);
  const ready = once(rig, 'ready');
  open();
  await ready;
  expect([new Set(rig.keeper.pids), rig.keeper.isUp]).toEqual([new Set([11, 12, 13]), true]);
  await rig.keeper.stop();
  expect([rig.keeper.pids, rig.forgotten, rig.keeper.isUp]).toEqual([[], [rig.children], false]);
});

test('what no provider classified is told by its message', async () => {
  rig.failure = new RangeError('out of range');
  const waits = once(rig, 'reconnecting');
  rig.keeper.want();
  await waits;
  expect(rig.keeper.view.failure).toEqual({
    cause: 'other',
    message: 'out of range',
    hint: 'hawser net logs has the details.',
    permanent: false,
  });
});

test('a restart ends the link and makes another', async () => {
  await up();
  const again = once(rig, 'ready');
  rig.keeper.restart();
  await again;
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
  expect(rig.keeper.view).toMatchObject({ state: 'ready', connects: 2 });
});

test('a link without connections is replaced at once, when it is time', async () => {
  rig.renewAtMs = 1_000;
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  await up();
  rig.renewAtMs = undefined;
  jest.advanceTimersByTime(999);
  expect(rig.opened).toHaveLength(1);
  rig.nowMs = 1_000;
  jest.advanceTimersByTime(1);
  while (rig.keeper.view.connects < 2) await turn();
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
});

test('a connection that could not be made holds no link that was replaced', async () => {
  let refuse = (_error: Error): void => undefined;
  rig.dial = async () =>
    await new Promise((_resolve, reject) => {
      refuse = reject;
    });
  rig.renewAtMs = 1_000;
  await up();
  const dialling = rig.keeper.dial(target, never).catch((error: unknown) => error);
  await turn();
  rig.renewAtMs = undefined;
  rig.nowMs = 1_000;
  rig.keeper.want();
  while (rig.keeper.view.connects < 2) await turn();
  expect(rig.links.map((link) => link.isClosed)).toEqual([false, false]);
  refuse(new LinkError({ ...cut, cause: 'target-refused' }));
  expect(await dialling).toMatchObject({ failure: { cause: 'target-refused' } });
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
});

test('waiting for a change ends with a change, or when it is called off', async () => {
  const abort = new AbortController();
  const ended: string[] = [];
  const waiting = rig.keeper.changed(never).then(() => ended.push('changed'));
  const calledOff = rig.keeper.changed(abort.signal).then(() => ended.push('called off'));
  await turn();
  expect(ended).toEqual([]);
  abort.abort();
  await calledOff;
  await rig.keeper.changed(abort.signal);
  expect(ended).toEqual(['called off']);
  await up();
  await waiting;
});

test('a far end is asked once at a time, and not where there is none', async () => {
  let asked = 0;
  let answer = (): void => undefined;
  rig.check = async () => {
    asked += 1;
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
  };
  await rig.keeper.check('nothing is up');
  expect([rig.keeper.view.state, rig.debug]).toEqual(['idle', []]);
  await up();
  const checks = [rig.keeper.check('one'), rig.keeper.check('two')];
  expect([asked, rig.debug, rig.keeper.isUp]).toEqual([1, ['asks the far end: one'], false]);
  answer();
  await Promise.all(checks);
  const again = rig.keeper.check('three');
  expect(asked).toBe(2);
  answer();
  await again;
  expect(rig.keeper.isUp).toBe(true);
});

test('a question ends with the link that is asked', async () => {
  await up();
  const given: AbortSignal[] = [];
  rig.check = async (signal) => {
    given.push(signal);
    await once(signal, 'abort');
    throw new LinkError(cut);
  };
  const checking = rig.keeper.check('for the test');
  await rig.keeper.stop();
  await checking;
  expect(given.map(({ aborted }) => aborted)).toEqual([true]);
});
