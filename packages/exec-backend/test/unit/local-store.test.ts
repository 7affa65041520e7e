import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { openFileStore } from '../../src/stores/files.js';
import { localRunIds } from '../../src/local/run-ids.js';
import { nameOf, textOf } from '../../src/stores/row-names.js';
import type { Store } from '../../src/ports.js';

let root: string;
let count = 0;
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'hawser-store-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newStore(warn?: (message: string) => void): { readonly folder: string; readonly store: Store } {
  const folder = join(root, String((count += 1)));
  return { folder, store: openFileStore({ folder, warn }) };
}

describe('names of rows', () => {
  test('any key is a name that every file system takes, and comes back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 })), (key) => {
        if (Buffer.from(key).toString() !== key || key === '') return;
        const name = nameOf(key);
        expect(name).toMatch(/^[a-z0-9_%^~-][a-z0-9_.%^-]*$/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(180);
        if (!name.startsWith('~')) expect(textOf(name)).toBe(key);
      }),
    );
    expect(nameOf('A')).not.toBe(nameOf('a'));
    expect(nameOf('x'.repeat(400))).toMatch(/^~[0-9a-f]{64}$/);
    expect(textOf('%41')).toBeUndefined();
  });
});

describe('rows in files', () => {
  test('ids of executions are told by the names of files, newest first, and none where nothing ran', async () => {
    const { folder, store } = newStore();
    expect(await localRunIds(folder)).toEqual([]);
    for (const key of ['exec_20260102_b', 'exec_20260101_a']) await store.put({ partition: 'EXEC', key, data: {} }, 0);
    await store.put({ partition: 'OPEN', key: 'exec_20260103_c', data: {} }, 0);
    writeFileSync(join(folder, 'rows', nameOf('EXEC'), 'begun.tmp'), '');
    expect(await localRunIds(folder)).toEqual(['exec_20260102_b', 'exec_20260101_a']);
    await expect(localRunIds(join(folder, 'rows', nameOf('EXEC'), 'begun.tmp'))).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_STORE_FAILED',
    });
  });

  test('a row is written only over the version that was read', async () => {
    const { store } = newStore();
    const row = { partition: 'EXEC', key: 'a' };
    expect(await store.get('EXEC', 'a')).toBeUndefined();
    expect(await store.put({ ...row, data: 1 }, 1)).toBeUndefined();
    expect(await store.put({ ...row, data: 1 }, 0)).toBe(1);
    expect(await store.put({ ...row, data: 2 }, 0)).toBeUndefined();
    expect(await store.put({ ...row, data: { two: 'ß' } }, 1)).toBe(2);
    expect(await store.get('EXEC', 'a')).toEqual({ ...row, version: 2, data: { two: 'ß' } });
    expect(await store.remove('EXEC', 'a', 1)).toBe(false);
    expect(await store.remove('EXEC', 'a', 2)).toBe(true);
    expect(await store.remove('EXEC', 'a', 2)).toBe(false);
    expect(await store.put({ ...row, data: 3 }, 0)).toBe(1);
  });

  test('lists in the order of bytes, by prefix, behind a key, backwards, and long keys too', async () => {
    const { store } = newStore();
    const long = 'Ä'.repeat(300);
    const keys = ['b', 'B', 'a/1', 'a/2', 'é', long, 'zz'];
    for (const key of keys) await store.put({ partition: 'P#1', key, data: key.length }, 0);
    const sorted = keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const list = async (options: Partial<Parameters<Store['list']>[1]>): Promise<readonly string[]> =>
      (await store.list('P#1', { limit: 100, ...options })).map(({ key }) => key);
    expect(await list({})).toEqual(sorted);
    expect(await list({ backwards: true })).toEqual(sorted.toReversed());
    expect(await list({ prefix: 'a/' })).toEqual(['a/1', 'a/2']);
    expect(await list({ after: 'a/2', limit: 2 })).toEqual(sorted.slice(sorted.indexOf('a/2') + 1).slice(0, 2));
    expect(await list({ after: 'a/2', backwards: true })).toEqual(['a/1', 'B']);
    expect(await store.list('elsewhere', { limit: 5 })).toEqual([]);
  });

  test('a row that cannot be read is put aside and said once; the others are as they were', async () => {
    const said: string[] = [];
    const { store, folder } = newStore((message) => said.push(message));
    await store.put({ partition: 'P', key: 'good', data: 1 }, 0);
    await store.put({ partition: 'P', key: 'bad', data: 2 }, 0);
    writeFileSync(join(folder, 'rows', nameOf('P'), 'bad.json'), '{"key":"bad","vers');
    expect((await store.list('P', { limit: 10 })).map(({ key }) => key)).toEqual(['good']);
    expect(await store.get('P', 'bad')).toBeUndefined();
    expect(said).toEqual([expect.stringContaining(join(folder, 'aside'))]);
    expect(readdirSync(join(folder, 'aside'))).toHaveLength(1);
    expect(await store.put({ partition: 'P', key: 'bad', data: 3 }, 0)).toBe(1);
  });

  test('a row past its time is not there any more', async () => {
    const { store } = newStore();
    await store.put({ partition: 'P', key: 'old', data: 1, expiresAtMs: 1 }, 0);
    await store.put({ partition: 'P', key: 'new', data: 1, expiresAtMs: Date.now() + 3_600_000 }, 0);
    expect(await store.get('P', 'old')).toBeUndefined();
    expect((await store.list('P', { limit: 10 })).map(({ key }) => key)).toEqual(['new']);
    expect(await store.put({ partition: 'P', key: 'old', data: 2 }, 0)).toBe(1);
  });

  test('who waits for a change is woken by it, also by one of another opener', async () => {
    const { store, folder } = newStore();
    let woken = '';
    const waits = async (name: string, signal?: AbortSignal): Promise<void> => {
      await store.changed!('P', { timeoutMs: 600_000, ...(signal && { signal }) });
      woken += name;
    };
    const first = waits('first');
    await setImmediate();
    expect(woken).toBe('');
    await openFileStore({ folder }).put({ partition: 'P', key: 'a', data: 1 }, 0);
    await first;
    const stopped = new AbortController();
    const vain = waits(' vain', stopped.signal);
    await setImmediate();
    expect(woken).toBe('first');
    stopped.abort();
    await vain;
  });

  test('nobody else may read what is stored', async () => {
    const { store, folder } = newStore();
    await store.put({ partition: 'P', key: 'a', data: 1 }, 0);
    const file = join(folder, 'rows', nameOf('P'), 'a.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'rows')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });

  test('a file in the way of the folder is an error with a name and a next step', async () => {
    const folder = join(root, 'in-the-way');
    writeFileSync(folder, '');
    const store = openFileStore({ folder });
    await expect(store.put({ partition: 'P', key: 'a', data: 1 }, 0)).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_STORE_FAILED',
      hint: expect.stringContaining(folder),
    });
  });
});
