import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { acquireLock, type LockRequest } from '../../src/lock/acquire.js';
import { breakDeadLock, sweepLockLeftovers } from '../../src/lock/break.js';
import type { HeldLock } from '../../src/lock/held.js';
import { createLock, newNonce, readLock, removeLock, type LockOwner } from '../../src/lock/owner.js';
import { currentProcess } from '../../src/process/identity.js';
import { tempFolder } from '../support/folder.js';

async function owner(change: Partial<LockOwner> = {}): Promise<LockOwner> {
  return { ...(await currentProcess()), nonce: newNonce(), tool: 'test', at: '2026-01-01T00:00:00.000Z', ...change };
}

const deadOwner = (): Promise<LockOwner> => owner({ start: '1' });

async function request(change: Partial<LockRequest> = {}): Promise<LockRequest> {
  return { path: join(await tempFolder(), 'doc'), subject: 'doc.json', tool: 'test', timeoutMs: 5_000, ...change };
}

describe('a lock', () => {
  test('is taken by one, and by the next when it is released', async () => {
    const wanted = await request();
    const order: string[] = [];
    const first = await acquireLock(wanted);
    const second = acquireLock(wanted).then((lock) => {
      order.push('second');
      return lock;
    });
    expect(first.verify()).toBe(true);
    order.push('first');
    first.release();
    const lock = await second;
    expect(order).toEqual(['first', 'second']);
    expect(first.verify()).toBe(false);
    expect(lock.broken).toEqual([]);
    lock.release();
    expect(readLock(wanted.path)).toBeUndefined();
  });

  test('released by one who does not hold it any more stays with who does', async () => {
    const wanted = await request();
    const robbed = await acquireLock(wanted);
    await rm(wanted.path);
    const later = await acquireLock(wanted);
    robbed.release();
    expect(later.verify()).toBe(true);
  });

  test('of a dead owner is broken once, by whichever of many gets to it', async () => {
    const wanted = await request();
    const dead = await deadOwner();
    createLock(wanted.path, dead);
    let holders = 0;
    const broken = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquireLock(wanted);
        expect(++holders).toBe(1);
        await new Promise(setImmediate);
        holders--;
        lock.release();
        return lock.broken;
      }),
    );
    expect(broken.flat().length).toBeGreaterThan(0);
    expect(new Set(broken.flat())).toEqual(new Set([dead.nonce]));
    expect(await readdir(join(wanted.path, '..'))).toEqual([]);
  });

  test.each<[string, Partial<LockOwner>, RegExp, RegExp]>([
    [
      'another machine',
      { boot: 'other', host: 'db-1', machine: 'x' },
      /process \d+ \(test\) on db-1, .* on another machine/,
      /Check there/,
    ],
    ['another container', { namespace: '1' }, /on another container/, /Check there/],
    [
      'this machine',
      {},
      /is locked after 0\.06 s of waiting by process \d+ \(test\)/,
      /Wait for process \d+, or end it/,
    ],
  ])('of a process on %s is never broken; the error names it', async (_where, change, message, hint) => {
    const wanted = await request({ timeoutMs: 60 });
    const holder = await owner(change);
    createLock(wanted.path, holder);
    await expect(acquireLock(wanted)).rejects.toMatchObject({
      code: 'HAWSER_STATE_LOCKED',
      exitCode: 1,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
      details: { pid: holder.pid, host: holder.host, since: holder.at, path: wanted.path },
    });
    expect(readLock(wanted.path)?.owner?.nonce).toBe(holder.nonce);
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['an empty file', (path) => writeFile(path, '')],
    ['a folder with something in it', (path) => mkdir(join(path, 'sub'), { recursive: true })],
    ['a link to somewhere', (path) => symlink('/etc/passwd', path)],
    ['a lock whose nonce is a path', async (path) => symlink(JSON.stringify(await owner({ nonce: '../../x' })), path)],
    [
      'a lock with a process id of 0',
      async (path) => symlink(JSON.stringify({ ...(await deadOwner()), pid: 0 }), path),
    ],
  ])('that is %s belongs to a stranger and is left alone', async (_what, make) => {
    const wanted = await request({ timeoutMs: 60 });
    await make(wanted.path);
    await expect(acquireLock(wanted)).rejects.toMatchObject({
      code: 'HAWSER_STATE_LOCKED',
      message: expect.stringContaining('by another program'),
      hint: expect.stringContaining(`remove ${wanted.path}`),
    });
    expect(await readdir(join(wanted.path, '..'))).toEqual(['doc']);
  });

  test('that is an empty folder is what a crash while removing leaves, and taken', async () => {
    const wanted = await request();
    await mkdir(wanted.path);
    const lock = await acquireLock(wanted);
    expect(lock.verify()).toBe(true);
    lock.release();
  });

  test('that somebody exchanged between the look and the breaking is put back', async () => {
    const wanted = await request();
    const [dead, living] = [await deadOwner(), await owner()];
    createLock(wanted.path, living);
    const takeRight = (path: string): Promise<HeldLock> => acquireLock({ ...wanted, path });
    await breakDeadLock(wanted.path, dead, takeRight);
    expect(readLock(wanted.path)?.owner).toEqual(living);
    expect(await readdir(join(wanted.path, '..'))).toEqual(['doc']);
  });

  test('whose breaker died in the middle of breaking is broken all the same', async () => {
    const wanted = await request();
    const dead = await deadOwner();
    createLock(wanted.path, dead);
    createLock(`${wanted.path}.dead-${dead.nonce.slice(0, 16)}`, await deadOwner());
    const lock = await acquireLock(wanted);
    expect(lock.broken).toContain(dead.nonce);
    await sweepLockLeftovers(wanted.path);
    lock.release();
    expect(await readdir(join(wanted.path, '..'))).toEqual([]);
  });

  test('leftovers of dead breakers are swept, those of living ones are not', async () => {
    const { path } = await request();
    createLock(`${path}.aside-1`, await deadOwner());
    createLock(`${path}.aside-2`, await owner());
    createLock(`${path}.dead-1`, await owner());
    createLock(`${path}x.dead-1`, await deadOwner());
    await sweepLockLeftovers(path);
    expect((await readdir(join(path, '..'))).toSorted()).toEqual(['doc.aside-2', 'docx.dead-1']);
  });

  test('is given to those that wait in the order in which they came', async () => {
    const wanted = await request();
    const tickets = async (): Promise<number> => (await readdir(join(wanted.path, '..'))).length - 1;
    const first = await acquireLock(wanted);
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (let place = 1; place <= 5; place++) {
      const served = acquireLock(wanted).then((lock) => {
        order.push(place);
        lock.release();
      });
      waiting.push(served);
      while ((await tickets()) < place) await new Promise(setImmediate);
    }
    first.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(await readdir(join(wanted.path, '..'))).toEqual([]);
  });

  test('is not kept from the living by the ticket of one that died in the line', async () => {
    const wanted = await request();
    const first = await acquireLock(wanted);
    const ticket = `doc.wait-${'0'.repeat(17)}-${process.pid}-1-abcdef01`;
    await writeFile(join(wanted.path, '..', ticket), '');
    const waiting = acquireLock(wanted);
    while ((await readdir(join(wanted.path, '..'))).length < 3) await new Promise(setImmediate);
    first.release();
    await waiting;
    expect(await readdir(join(wanted.path, '..'))).toEqual(['doc']);
  });

  test('is left to those that wait by one that took it many times in a row', async () => {
    const wanted = await request({ manners: { streak: 100 } });
    const first = await acquireLock(await request({ ...wanted, manners: undefined }));
    const order: string[] = [];
    const patient = acquireLock({ ...wanted, manners: undefined }).then((lock) => {
      order.push('patient');
      lock.release();
    });
    while ((await readdir(join(wanted.path, '..'))).length < 2) await new Promise(setImmediate);
    first.release();
    const again = await acquireLock(wanted);
    order.push('again');
    again.release();
    await patient;
    expect(order).toEqual(['patient', 'again']);
  });

  test('waiting for it is ended by a signal', async () => {
    const wanted = await request();
    createLock(wanted.path, await owner());
    const stop = new AbortController();
    const waiting = acquireLock({ ...wanted, signal: stop.signal });
    stop.abort(new Error('no more'));
    await expect(waiting).rejects.toThrow('no more');
  });

  test('removing one that is gone is no error', async () => {
    const { path } = await request();
    expect(() => removeLock(path)).not.toThrow();
  });
});
