import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import {
  type ApiKeyErrorCode,
  type StoredKey,
  allows,
  checkScopes,
  createKey,
  defaultRounds,
  keyIdOf,
  keyLength,
  keyPrefix,
  parseKey,
  replaceKey,
  revokeKey,
  rotateKey,
  standingOf,
  storeKey,
  verifyKey,
} from '../../src/index.js';
import { hashKey, isHashOf, nobodysHash } from '../../src/hash.js';

const nowMs = Date.UTC(2030, 0, 1);
const dayMs = 86_400_000;
/** As cheap as bcrypt can be: what is tested here is not its cost. */
const rounds = 4;

const make = async (more: { readonly expiresAtMs?: number } = {}): Promise<{ key: string; stored: StoredKey }> =>
  await createKey({ name: 'ada', scopes: ['run', 'read'], nowMs, rounds, ...more });

function raised(code: ApiKeyErrorCode, message: RegExp): unknown {
  return expect.objectContaining({ name: 'ApiKeyError', code, message: expect.stringMatching(message) });
}

describe('a key', () => {
  test('that was made elsewhere is kept as one that was made here', async () => {
    const { key, stored } = await make();
    const kept = await storeKey(`${key}\n`, { name: 'ada', scopes: ['run', 'read'], nowMs, rounds });
    expect(kept).toEqual({ ...stored, hash: kept.hash });
    expect(await verifyKey(key, kept, nowMs)).toMatchObject({ ok: true });
    await expect(storeKey('sk_live_x', { name: 'ada', scopes: [], nowMs })).rejects.toEqual(
      raised('HAWSER_API_KEY_MALFORMED', /characters stand behind/),
    );
  });

  test('is sk_live_ and 64 hexadecimal digits, 72 bytes in all, and its first 16 digits are its id', async () => {
    const { key, stored } = await make();
    expect(key).toMatch(/^sk_live_[0-9a-f]{64}$/);
    expect(Buffer.byteLength(key)).toBe(keyLength);
    expect(stored).toEqual({
      keyId: key.slice(8, 24),
      name: 'ada',
      scopes: ['run', 'read'],
      hash: expect.stringMatching(/^\$2b\$04\$.{53}$/),
      createdAtMs: nowMs,
    });
    expect(JSON.stringify(stored)).not.toContain(key.slice(24));
    expect(await make().then((other) => other.key)).not.toBe(key);
  });

  test('is hashed at the cost that the unknown id is compared at', () => {
    expect(nobodysHash).toMatch(new RegExp(`^\\$2b\\$${defaultRounds}\\$`));
  });

  test('is read with white space around it dropped, and told apart from what is none', () => {
    const key = `${keyPrefix}${'0af'.repeat(21)}9`;
    expect(parseKey(` ${key}\n`)).toEqual({ key, keyId: key.slice(8, 24) });
    expect(() => parseKey('')).toThrow(raised('HAWSER_API_KEY_MALFORMED', /empty/));
    expect(() => parseKey('hf_abc')).toThrow(raised('HAWSER_API_KEY_MALFORMED', /does not begin with sk_live_/));
    expect(() => parseKey(`${key}0`)).toThrow(raised('HAWSER_API_KEY_MALFORMED', /65 characters/));
    let message = '';
    try {
      parseKey(key.toUpperCase().replace('SK_LIVE_', keyPrefix));
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain('lower case');
    expect(message).not.toContain('0AF0AF');
  });

  test('of any other form is none, and never reaches bcrypt', async () => {
    const { key, stored } = await make();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ maxLength: 100 }),
          fc.string({ minLength: 1 }).map((more) => key + more),
        ),
        async (text) => {
          fc.pre(text !== key);
          expect(keyIdOf(text)).toBeUndefined();
          expect(await verifyKey(text, stored, nowMs)).toEqual({ ok: false, why: 'malformed' });
        },
      ),
    );
    await expect(hashKey(`${key}0`)).rejects.toThrow('72 bytes');
    await expect(isHashOf(key.slice(1), stored.hash)).rejects.toThrow('72 bytes');
  });
});

describe('a verdict', () => {
  test('is good for the key alone: any digit changed is wrong', async () => {
    const { key, stored } = await make();
    expect(await verifyKey(key, stored, nowMs)).toEqual({ ok: true, key: stored });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: 71 }), fc.integer({ min: 1, max: 15 }), async (at, by) => {
        const digit = ((Number.parseInt(key.charAt(at), 16) + by) % 16).toString(16);
        const other = key.slice(0, at) + digit + key.slice(at + 1);
        expect(await verifyKey(other, stored, nowMs)).toEqual({ ok: false, why: 'wrong' });
      }),
      { numRuns: 64 },
    );
  });

  test('names what is the matter, and says expired and revoked to the holder alone', async () => {
    const { key, stored } = await make({ expiresAtMs: nowMs + 1 });
    const wrong = key.slice(0, 24) + randomBytes(24).toString('hex');
    expect(await verifyKey(key, undefined, nowMs)).toEqual({ ok: false, why: 'unknown' });
    expect(await verifyKey(key, stored, nowMs)).toMatchObject({ ok: true });
    expect(await verifyKey(key, stored, nowMs + 1)).toEqual({ ok: false, why: 'expired' });
    expect(await verifyKey(wrong, stored, nowMs + 1)).toEqual({ ok: false, why: 'wrong' });
    const revoked = revokeKey(stored, nowMs);
    expect(await verifyKey(key, revoked, nowMs)).toEqual({ ok: false, why: 'revoked' });
    expect(await verifyKey(wrong, revoked, nowMs)).toEqual({ ok: false, why: 'wrong' });
    expect(revokeKey(revoked, nowMs + 5)).toEqual(revoked);
  });

  test('on a row whose hash is none is wrong', async () => {
    const { key, stored } = await make();
    for (const hash of ['', 'x', key, '$2b$04$short', stored.hash.slice(0, -1)]) {
      expect(await verifyKey(key, { ...stored, hash }, nowMs)).toEqual({ ok: false, why: 'wrong' });
    }
  });
});

describe('a rotation', () => {
  test('makes a second key of the same name, scopes and life; both are good until the overlap is over', async () => {
    const { key, stored } = await make({ expiresAtMs: nowMs + 90 * dayMs });
    const laterMs = nowMs + 10 * dayMs;
    const next = await rotateKey(stored, { overlapMs: dayMs, nowMs: laterMs, rounds });
    expect(next.stored).toMatchObject({ name: 'ada', scopes: ['run', 'read'], expiresAtMs: laterMs + 90 * dayMs });
    expect(next.previous).toEqual({ ...stored, expiresAtMs: laterMs + dayMs, replacedBy: next.stored.keyId });
    expect(await verifyKey(key, next.previous, laterMs + dayMs - 1)).toMatchObject({ ok: true });
    expect(await verifyKey(next.key, next.stored, laterMs)).toMatchObject({ ok: true });
    expect(await verifyKey(key, next.previous, laterMs + dayMs)).toEqual({ ok: false, why: 'expired' });
  });

  test('never lengthens the life of the old key, and leaves one without an end without one', async () => {
    const { stored } = await make({ expiresAtMs: nowMs + 1000 });
    const old = { replacedBy: 'f'.repeat(16), overlapMs: dayMs, nowMs };
    expect(replaceKey(stored, old).expiresAtMs).toBe(nowMs + 1000);
    expect(standingOf(replaceKey({ ...stored, expiresAtMs: nowMs - 1 }, old), nowMs)).toBe('expired');
    const endless = await make();
    const next = await rotateKey(endless.stored, { overlapMs: 0, nowMs, rounds });
    expect(next.stored).not.toHaveProperty('expiresAtMs');
    expect(standingOf(next.previous, nowMs)).toBe('expired');
  });
});

describe('scopes', () => {
  const known = ['run', 'read', 'admin'] as const;

  test('allow what they name; admin allows everything', () => {
    expect(allows(['run'], 'run')).toBe(true);
    expect(allows(['run'], 'read')).toBe(false);
    expect(allows(['admin'], 'read')).toBe(true);
    expect(allows([], 'run')).toBe(false);
  });

  test('are put in order, each once, and unknown ones refused', () => {
    expect(checkScopes(['read', 'run', 'read'], known)).toEqual(['run', 'read']);
    expect(() => checkScopes(['rum'], known)).toThrow(raised('HAWSER_API_KEY_SCOPE_UNKNOWN', /'rum'.*run, read/));
    expect(() => checkScopes([], known)).toThrow(raised('HAWSER_API_KEY_SCOPE_UNKNOWN', /needs a scope/));
  });
});
