import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { KeyVerifier, StoredKey } from '../../src/index.js';

/** Counts the slow hashes, and answers as the real one does. */
const compare = jest.fn<(key: string, hash: string) => Promise<boolean>>();
const real = await import('bcrypt');
jest.unstable_mockModule('bcrypt', () => ({ ...real, default: { ...real.default, compare } }));
const { createKey, createVerifier, revokeKey, rotateKey } = await import('../../src/index.js');

const rounds = 4;

describe('a verifier', () => {
  let nowMs = 0;
  const rows = new Map<string, StoredKey>();

  beforeEach(() => {
    nowMs = 1_000_000;
    rows.clear();
    compare.mockReset();
    compare.mockImplementation(async (key, hash) => await real.default.compare(key, hash));
  });

  async function issue(): Promise<{ key: string; stored: StoredKey }> {
    const made = await createKey({ name: 'n', scopes: ['run'], nowMs, rounds });
    rows.set(made.stored.keyId, made.stored);
    return made;
  }
  function open(more: { rememberMs?: number; maxRemembered?: number; maxWaiting?: number } = {}): KeyVerifier {
    return createVerifier({ find: async (keyId) => rows.get(keyId), nowMs: () => nowMs, ...more });
  }
  const wrongOf = (key: string): string => key.slice(0, 24) + randomBytes(24).toString('hex');

  test('pays the slow hash once for as long as it remembers', async () => {
    const { key } = await issue();
    const verifier = open({ rememberMs: 1000 });
    for (let time = 0; time < 5; time += 1) expect(await verifier.verify(key)).toMatchObject({ ok: true });
    expect(compare).toHaveBeenCalledTimes(1);
    nowMs += 1000;
    expect(await verifier.verify(key)).toMatchObject({ ok: true });
    expect(compare).toHaveBeenCalledTimes(2);
    verifier.forget();
    await verifier.verify(key);
    expect(compare).toHaveBeenCalledTimes(3);
  });

  test('shares one slow hash among all who show the same key at once', async () => {
    const { key } = await issue();
    const verifier = open();
    const verdicts = await Promise.all(Array.from({ length: 50 }, async () => await verifier.verify(key)));
    expect(verdicts.every(({ ok }) => ok)).toBe(true);
    expect(compare).toHaveBeenCalledTimes(1);
  });

  test('does not take a wrong key for the one it remembers', async () => {
    const { key } = await issue();
    const verifier = open();
    await verifier.verify(key);
    expect(await verifier.verify(wrongOf(key))).toEqual({ ok: false, why: 'wrong' });
    expect(await verifier.verify(wrongOf(key))).toEqual({ ok: false, why: 'wrong' });
    expect(await verifier.verify(key)).toMatchObject({ ok: true });
    expect(compare).toHaveBeenCalledTimes(3);
  });

  test('compares an unknown id with the hash of nobody, as slowly as a known one', async () => {
    const { key, stored } = await issue();
    rows.clear();
    expect(await open().verify(key)).toEqual({ ok: false, why: 'unknown' });
    expect(compare).toHaveBeenCalledTimes(1);
    expect(compare.mock.calls[0]?.[1]).toMatch(/^\$2b\$10\$/);
    // And never takes it for a match: whoever knew that key would still be nobody.
    compare.mockResolvedValue(true);
    expect(await open().verify(stored.keyId === '' ? '' : key)).toEqual({ ok: false, why: 'unknown' });
    expect(await open().verify('sk_live_')).toEqual({ ok: false, why: 'malformed' });
  });

  test('refuses a key at once that was revoked, expired, replaced or removed, also one it remembers', async () => {
    const { key, stored } = await issue();
    const verifier = open();
    await verifier.verify(key);
    rows.set(stored.keyId, revokeKey(stored, nowMs));
    expect(await verifier.verify(key)).toEqual({ ok: false, why: 'revoked' });
    rows.set(stored.keyId, { ...stored, expiresAtMs: nowMs });
    expect(await verifier.verify(key)).toEqual({ ok: false, why: 'expired' });
    const next = await rotateKey(stored, { overlapMs: 10, nowMs, rounds });
    rows.set(stored.keyId, next.previous).set(next.stored.keyId, next.stored);
    expect(await verifier.verify(key)).toMatchObject({ ok: true });
    expect(await verifier.verify(next.key)).toMatchObject({ ok: true });
    nowMs += 10;
    expect(await verifier.verify(key)).toEqual({ ok: false, why: 'expired' });
    rows.delete(stored.keyId);
    expect(await verifier.verify(key)).toEqual({ ok: false, why: 'unknown' });
    // Another key of the same id, however it came there, has another hash.
    const other = await createKey({ name: 'n', scopes: [], nowMs, rounds });
    rows.set(stored.keyId, { ...other.stored, keyId: stored.keyId });
    expect(await verifier.verify(key)).toEqual({ ok: false, why: 'wrong' });
  });

  test('remembers so many keys and no more, and forgets the one that was verified first', async () => {
    const verifier = open({ maxRemembered: 2 });
    const keys = [await issue(), await issue(), await issue()].map(({ key }) => key);
    for (const key of keys) await verifier.verify(key);
    expect(compare).toHaveBeenCalledTimes(3);
    for (const key of keys.slice(1)) await verifier.verify(key);
    expect(compare).toHaveBeenCalledTimes(3);
    await verifier.verify(keys[0] ?? '');
    expect(compare).toHaveBeenCalledTimes(4);
    verifier.forget(keys[0]?.slice(8, 24));
    await verifier.verify(keys[0] ?? '');
    expect(compare).toHaveBeenCalledTimes(5);
  });

  test('hashes two at a time in the order of asking, and refuses more than may wait', async () => {
    const { key } = await issue();
    const ends: (() => void)[] = [];
    const begun: string[] = [];
    compare.mockImplementation(async (shown) => {
      begun.push(shown);
      await new Promise<void>((resolve) => ends.push(resolve));
      return shown === key;
    });
    const verifier = open({ maxWaiting: 4 });
    const keys = [wrongOf(key), wrongOf(key), wrongOf(key), key];
    const verdicts = keys.map(async (shown) => await verifier.verify(shown));
    await expect(verifier.verify(wrongOf(key))).rejects.toMatchObject({
      name: 'ApiKeyError',
      code: 'HAWSER_API_KEY_BUSY',
    });
    const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
    while (begun.length < 2) await turn();
    expect(begun).toEqual(keys.slice(0, 2));
    // One of those that wait is shared by whoever shows the same key, however full it is.
    verdicts.push(verifier.verify(key));
    ends.shift()?.();
    while (begun.length < 3) await turn();
    // Whoever comes now finds the lane handed on already.
    const late = wrongOf(key);
    verdicts.push(verifier.verify(late));
    for (let count = 0; count < 10; count += 1) await turn();
    expect(begun).toEqual(keys.slice(0, 3));
    while (begun.length < keys.length + 1) {
      ends.shift()?.();
      await turn();
    }
    expect(begun).toEqual([...keys, late]);
    for (const end of ends) end();
    expect((await Promise.all(verdicts)).map(({ ok }) => ok)).toEqual([false, false, false, true, true, false]);
    // The lanes are free again.
    compare.mockResolvedValue(false);
    expect(await verifier.verify(wrongOf(key))).toEqual({ ok: false, why: 'wrong' });
  });

  test('throws what the store throws, and remembers nothing of it', async () => {
    const { key } = await issue();
    let isDown = true;
    const verifier = createVerifier({
      nowMs: () => nowMs,
      find: async (keyId) => {
        if (isDown) throw new Error('the store is down');
        return rows.get(keyId);
      },
    });
    await expect(verifier.verify(key)).rejects.toThrow('the store is down');
    isDown = false;
    expect(await verifier.verify(key)).toMatchObject({ ok: true });
  });
});
