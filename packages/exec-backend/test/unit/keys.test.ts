import { beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyBook, type KeyBook, keyPartition } from '../../src/core/keys.js';
import { ExecBackendError } from '../../src/errors.js';
import type { Caller, Store } from '../../src/index.js';
import { createMemoryStore } from '../../src/stores/memory.js';
import { createHandClock } from '../support/memory-ports.js';

const admin: Caller = { scopes: ['admin'] };
const minuteMs = 60_000;

describe('the book of keys', () => {
  let clock: ReturnType<typeof createHandClock>;
  let store: Store;
  let keys: KeyBook;
  let gets = 0;
  let puts = 0;

  beforeEach(() => {
    clock = createHandClock();
    const memory = createMemoryStore();
    gets = 0;
    puts = 0;
    store = {
      ...memory,
      get: async (partition, key) => {
        gets += 1;
        return await memory.get(partition, key);
      },
      put: async (row, expected) => {
        puts += 1;
        return await memory.put(row, expected);
      },
    };
    // As cheap as bcrypt can be: what is tested here is not its cost.
    keys = createKeyBook({ store, clock }, { rounds: 4 });
  });

  const show = async (key: string | undefined, book: KeyBook = keys): Promise<Caller | undefined> =>
    await book.authenticate(new Request('http://x/', { headers: key === undefined ? {} : { 'X-API-Key': key } }));

  test('knows who shows a key, whatever the case of the header, and nobody else', async () => {
    const { api_key: key, key_id: keyId } = await keys.create({ name: 'ada', scopes: ['read', 'run'] }, admin);
    const ada = { keyId, name: 'ada', scopes: ['run', 'read'] };
    expect(await show(key)).toEqual(ada);
    expect(await keys.authenticate(new Request('http://x/', { headers: { 'x-Api-kEY': key } }))).toEqual(ada);
    // Another instance of the service, with nothing in its memory.
    expect(await show(key, createKeyBook({ store, clock }))).toEqual(ada);
    expect(await show(undefined)).toBeUndefined();
    expect(await show('')).toBeUndefined();
    expect(await show(`${key}0`)).toBeUndefined();
    expect(await show(key.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).toBeUndefined();
    expect(await show(`sk_live_${'0'.repeat(64)}`)).toBeUndefined();
  });

  test('keeps no key, and shows none but when it is made', async () => {
    const made = await keys.create({ name: 'ada', scopes: ['admin'], expires_at: '2030-01-01T00:00:00Z' }, admin);
    const { api_key: key, ...shown } = made;
    expect(shown).toEqual({
      key_id: key.slice(8, 24),
      name: 'ada',
      scopes: ['admin'],
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2030-01-01T00:00:00.000Z',
    });
    expect(await keys.list()).toEqual([shown]);
    expect(JSON.stringify(await store.list(keyPartition, { limit: 10 }))).not.toContain(key.slice(24));
  });

  test('lists more keys than a page holds, the oldest first', async () => {
    const row = { name: 'n', scopes: ['run'], hash: '' };
    for (let count = 0; count < 250; count += 1) {
      const keyId = ((count * 7919) % 65_536).toString(16).padStart(16, '0');
      await store.put({ partition: keyPartition, key: keyId, data: { ...row, keyId, createdAtMs: count } }, 0);
    }
    const times = (await keys.list()).map((key) => Date.parse(key.created_at));
    expect(times).toEqual(Array.from({ length: 250 }, (_, count) => count));
  });

  test('notes the last use now and then, and serves though that cannot be written', async () => {
    const { api_key: key } = await keys.create({ name: 'ada', scopes: ['run'] }, admin);
    const made = puts;
    await show(key);
    expect((await keys.list())[0]).toMatchObject({ last_used_at: '2026-01-01T00:00:00.000Z' });
    clock.move(4 * minuteMs);
    await show(key);
    expect(puts).toBe(made + 1);
    clock.move(minuteMs);
    await show(key);
    expect(puts).toBe(made + 2);
    expect((await keys.list())[0]).toMatchObject({ last_used_at: '2026-01-01T00:05:00.000Z' });
    clock.move(5 * minuteMs);
    store.put = async () => await Promise.reject(new ExecBackendError('HAWSER_EXEC_BACKEND_STORE_FAILED', 'full'));
    expect(await show(key)).toMatchObject({ name: 'ada' });
  });

  test('throws where the store is down, rather than to take a good key for a wrong one', async () => {
    const { api_key: key } = await keys.create({ name: 'ada', scopes: ['run'] }, admin);
    await show(key);
    store.get = async () => await Promise.reject(new ExecBackendError('HAWSER_EXEC_BACKEND_STORE_FAILED', 'down'));
    await expect(show(key)).rejects.toMatchObject({ code: 'HAWSER_EXEC_BACKEND_STORE_FAILED' });
    await expect(keys.rotate('a', {}, admin)).rejects.toMatchObject({ code: 'HAWSER_EXEC_BACKEND_STORE_FAILED' });
  });

  test('asks the store for a row at each request, and bears no slow hash twice', async () => {
    const { api_key: key } = await keys.create({ name: 'ada', scopes: ['run'] }, admin);
    await show(key);
    const before = gets;
    for (let count = 0; count < 200; count += 1) await show(key);
    expect(gets).toBe(before + 200);
  });

  test('refuses a revoked key at once, also in an instance that knows it, and stays at the first time', async () => {
    const { api_key: key, key_id: keyId } = await keys.create({ name: 'ada', scopes: ['run'] }, admin);
    const other = createKeyBook({ store, clock });
    await show(key, other);
    const revoked = await keys.revoke(keyId, admin);
    expect(revoked).toMatchObject({ revoked_at: '2026-01-01T00:00:00.000Z' });
    expect(await show(key)).toBeUndefined();
    expect(await show(key, other)).toBeUndefined();
    clock.move(1000);
    expect(await keys.revoke(keyId, admin)).toEqual(revoked);
    await expect(keys.rotate(keyId, {}, admin)).rejects.toMatchObject({ code: 'already_terminal' });
    await expect(keys.revoke('0'.repeat(16), admin)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('refuses an expired key from the moment on', async () => {
    const until = { expires_at: '2026-01-01T00:01:00Z' };
    const { api_key: key } = await keys.create({ name: 'ada', scopes: ['run'], ...until }, admin);
    clock.move(minuteMs - 1);
    expect(await show(key)).toMatchObject({ name: 'ada' });
    clock.move(1);
    expect(await show(key)).toBeUndefined();
  });

  test('rotates with both keys good for the overlap, a day when nothing is said', async () => {
    const old = await keys.create({ name: 'ada', scopes: ['run'] }, admin);
    const next = await keys.rotate(old.key_id, undefined, admin);
    expect(next).toMatchObject({ name: 'ada', scopes: ['run'] });
    clock.move(24 * 60 * minuteMs - 1);
    expect(await show(old.api_key)).toMatchObject({ keyId: old.key_id });
    expect(await show(next.api_key)).toMatchObject({ keyId: next.key_id });
    clock.move(1);
    expect(await show(old.api_key)).toBeUndefined();
    expect(await show(next.api_key)).toMatchObject({ keyId: next.key_id });
    const now = await keys.rotate(next.key_id, { overlap_seconds: 0 }, admin);
    expect(await show(next.api_key)).toBeUndefined();
    expect(await show(now.api_key)).toBeDefined();
  });

  test('rotates a key once, however many ask at the same time, and leaves no key that nobody has', async () => {
    const old = await keys.create({ name: 'ada', scopes: ['run'] }, admin);
    const asked = await Promise.allSettled(
      Array.from({ length: 5 }, async () => await keys.rotate(old.key_id, {}, admin)),
    );
    const made = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(made).toHaveLength(1);
    for (const one of asked) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'already_terminal' });
    }
    expect(new Set((await keys.list()).map((key) => key.key_id))).toEqual(new Set([old.key_id, made[0]?.key_id]));
  });

  test('gives and takes nothing that who asks may not', async () => {
    const clerk: Caller = { scopes: ['keys', 'run'] };
    expect(await keys.create({ name: 'ci', scopes: ['run'] }, clerk)).toMatchObject({ scopes: ['run'] });
    await expect(keys.create({ name: 'me', scopes: ['admin'] }, clerk)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(keys.create({ name: 'me', scopes: ['run', 'read'] }, clerk)).rejects.toMatchObject({
      code: 'forbidden',
    });
    const { key_id: keyId } = await keys.create({ name: 'boss', scopes: ['admin'] }, admin);
    await expect(keys.rotate(keyId, {}, clerk)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(keys.revoke(keyId, clerk)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test.each([
    [null, 'JSON object'],
    [[], 'JSON object'],
    [{ scopes: ['run'] }, 'name'],
    [{ name: ' ', scopes: ['run'] }, 'name'],
    [{ name: 'a\nb', scopes: ['run'] }, 'name'],
    [{ name: 'a'.repeat(101), scopes: ['run'] }, 'name'],
    [{ name: 'a' }, 'scopes'],
    [{ name: 'a', scopes: [] }, 'needs a scope'],
    [{ name: 'a', scopes: [7] }, 'scopes'],
    [{ name: 'a', scopes: ['root'] }, "'root'"],
    [{ name: 'a', scopes: ['run'], expires_at: 'soon' }, 'expires_at'],
    [{ name: 'a', scopes: ['run'], expires_at: '2026-01-01T00:00:00Z' }, 'future'],
    [{ name: 'a', scopes: ['run'], expires: '2030-01-01' }, 'expires is no field'],
  ])('makes no key of %j', async (body, why) => {
    await expect(keys.create(body, admin)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(why),
    });
  });

  test.each([-1, 1.5, '60', 2_592_001])('does not rotate with an overlap of %j', async (seconds) => {
    const { key_id: keyId } = await keys.create({ name: 'a', scopes: ['run'] }, admin);
    await expect(keys.rotate(keyId, { overlap_seconds: seconds }, admin)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('overlap_seconds'),
    });
  });

  test('says that it is busy to a flood of wrong keys, not that they are wrong', async () => {
    const small = createKeyBook({ store, clock }, { maxWaiting: 4 });
    const flood = Array.from({ length: 9 }, async (_, count) => {
      return await show(`sk_live_${count.toString(16).padStart(64, '0')}`, small).catch((error: unknown) => error);
    });
    const said = await Promise.all(flood);
    expect(said.filter((one) => one === undefined)).toHaveLength(4);
    expect(said.find((one) => one !== undefined)).toMatchObject({ code: 'rate_limited', retryAfter: 1 });
  });
});
