import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  currentProcess,
  identifyProcess,
  isAlive,
  livenessOf,
  type ProcessIdentity,
} from '@hawser/state-store/process';
import { describe, expect, test } from '@jest/globals';
import { comparePlaces } from '../../src/process/liveness.js';
import { parseLinuxStat, readLinuxStat } from '../../src/process/linux-stat.js';
import { startByPs } from '../../src/process/platform.js';

/** Waits until a process is in a state; whatever puts it there is already under way. */
async function untilState(pid: number, state: string): Promise<void> {
  while ((await readLinuxStat(pid))?.state !== state) await new Promise(setImmediate);
}

describe('/proc/PID/stat', () => {
  test.each(['node', 'a b', '(sd-pam)', 'x) R 1 (y', ') Z 1 1', '))))'])(
    'is read right when the name is %p',
    (name) => {
      const rest = 'S 1 4242 4242 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 11 0 987654 1 1';
      expect(parseLinuxStat(`4242 (${name}) ${rest}\n`)).toEqual({ state: 'S', threads: 11, start: '987654' });
    },
  );

  test('that is cut short or empty says nothing', () => {
    expect(parseLinuxStat('')).toBeUndefined();
    expect(parseLinuxStat('4242 (node) S 1 2 3')).toBeUndefined();
  });
});

describe('a process', () => {
  test('knows itself, by what the kernel says', async () => {
    const self = await currentProcess();
    expect(self.pid).toBe(process.pid);
    expect(self.boot).toBe((await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim());
    expect(self.namespace).toMatch(/^\d+$/);
    expect(await identifyProcess(process.pid)).toEqual(self);
    expect(JSON.parse(JSON.stringify(self))).toEqual(self);
    expect(await isAlive(self)).toBe(true);
  });

  test('that ended is dead, and cannot be identified', async () => {
    const child = spawn('sleep', ['1000']);
    const identity = (await identifyProcess(child.pid!))!;
    expect(await livenessOf(identity)).toEqual({ state: 'alive', suspended: false });
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await livenessOf(identity)).toEqual({ state: 'dead', why: 'gone' });
    expect(await isAlive(identity)).toBe(false);
    expect(await identifyProcess(child.pid!)).toBeUndefined();
  });

  test('that is suspended is alive', async () => {
    const child = spawn('sleep', ['1000']);
    const identity = (await identifyProcess(child.pid!))!;
    child.kill('SIGSTOP');
    await untilState(child.pid!, 'T');
    expect(await livenessOf(identity)).toEqual({ state: 'alive', suspended: true });
    child.kill('SIGKILL');
    await once(child, 'close');
  });

  test('that is a zombie is dead', async () => {
    const parent = spawn('sh', ['-c', 'cat >/dev/null <&3 & echo $!; wait'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    // What is suspended does not ask how its child ended.
    parent.kill('SIGSTOP');
    await untilState(parent.pid!, 'T');
    const pid = Number(line.toString());
    const identity = (await identifyProcess(pid))!;
    process.kill(pid, 'SIGKILL');
    await untilState(pid, 'Z');
    expect(await livenessOf(identity)).toEqual({ state: 'dead', why: 'zombie' });
    parent.kill('SIGKILL');
    await once(parent, 'close');
  });

  test('with the same id begun at another time is another', async () => {
    const self = await currentProcess();
    expect(await livenessOf({ ...self, start: '1' })).toEqual({ state: 'dead', why: 'pid-reused' });
  });
});

describe('from another place', () => {
  const self: ProcessIdentity = {
    pid: 1,
    start: '5',
    boot: 'boot-1',
    namespace: '4026531836',
    host: 'web',
    machine: 'abc',
  };

  test.each<[string, Partial<ProcessIdentity>, unknown]>([
    ['the same place', {}, 'here'],
    ['our machine before it was started anew', { boot: 'boot-0' }, { state: 'dead', why: 'rebooted' }],
    ['another machine', { boot: 'boot-0', host: 'db', machine: 'def' }, { state: 'unknown', why: 'other-host' }],
    ['a machine of the same name', { boot: 'boot-0', machine: 'def' }, { state: 'unknown', why: 'other-host' }],
    [
      'a copy of our machine under another name',
      { boot: 'boot-0', host: 'db' },
      { state: 'unknown', why: 'other-host' },
    ],
    [
      'another container on our kernel',
      { namespace: '4026532200', host: 'c1', machine: '' },
      { state: 'unknown', why: 'other-namespace' },
    ],
    ['our kernel under another host name', { host: 'c1', machine: '' }, 'here'],
  ])('%s', (_what, change, expected) => {
    expect(comparePlaces({ ...self, ...change }, self)).toEqual(expected);
  });

  test('without a machine id nothing is concluded from names', () => {
    const bare = { ...self, machine: '' };
    expect(comparePlaces({ ...bare, boot: 'boot-0' }, bare)).toEqual({ state: 'unknown', why: 'other-host' });
  });

  test('where there is no boot id, the machine id decides', () => {
    const mac = { ...self, boot: '', namespace: '' };
    expect(comparePlaces(mac, mac)).toBe('here');
    expect(comparePlaces({ ...mac, machine: 'def' }, mac)).toEqual({ state: 'unknown', why: 'other-host' });
  });

  test('a live process of a container is never taken for dead', async () => {
    const own = await currentProcess();
    expect(await livenessOf({ ...own, pid: 2 ** 22 - 1, namespace: '1' })).toEqual({
      state: 'unknown',
      why: 'other-namespace',
    });
  });
});

test('ps, where it is used, tells the same start each time and nothing of a process that is not there', async () => {
  const child = spawn('sleep', ['1000']);
  const start = await startByPs(child.pid!);
  expect(start).toMatch(/^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/);
  expect(await startByPs(child.pid!)).toBe(start);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await startByPs(child.pid!)).toBeUndefined();
});
