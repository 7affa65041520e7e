import { hashKey } from './hash.js';
import { parseKey, randomKey } from './key.js';
import type { StoredKey } from './types.js';

/** A key that was just made: the only time that it is seen. */
export interface CreatedKey {
  /** For the one who will use it. */
  readonly key: string;
  /** For the store. */
  readonly stored: StoredKey;
}

/** What a new key is to be. */
export interface CreateKeyOptions {
  /** For people; need not be unique. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** For ever when missing. */
  readonly expiresAtMs?: number | undefined;
  /** Of bcrypt; default {@link defaultRounds}. */
  readonly rounds?: number | undefined;
}

/** Makes a key. */
export async function createKey(options: CreateKeyOptions): Promise<CreatedKey> {
  const key = randomKey();
  return { key, stored: await storeKey(key, options) };
}

/**
 * What is to be kept of a key that was made elsewhere, such as by whoever installs a service.
 *
 * @throws ApiKeyError `HAWSER_API_KEY_MALFORMED` when it is no key.
 */
export async function storeKey(text: string, options: CreateKeyOptions): Promise<StoredKey> {
  const { key, keyId } = parseKey(text);
  const { name, scopes, nowMs, expiresAtMs, rounds } = options;
  return {
    keyId,
    name,
    scopes,
    hash: await hashKey(key, rounds),
    createdAtMs: nowMs,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

/** What a rotation made. */
export interface RotatedKey extends CreatedKey {
  /** The old key as it is to be kept: good until the overlap is over. */
  readonly previous: StoredKey;
}

/**
 * Makes a key that takes another's place: the same name, scopes and length of life. Both are good for `overlapMs`; the
 * old one never for longer than it would have been.
 */
export async function rotateKey(
  old: StoredKey,
  options: { readonly overlapMs: number; readonly nowMs: number; readonly rounds?: number | undefined },
): Promise<RotatedKey> {
  const { overlapMs, nowMs, rounds } = options;
  const life = old.expiresAtMs === undefined ? undefined : old.expiresAtMs - old.createdAtMs;
  const { key, stored } = await createKey({
    name: old.name,
    scopes: old.scopes,
    nowMs,
    expiresAtMs: life === undefined ? undefined : nowMs + life,
    rounds,
  });
  return { key, stored, previous: replaceKey(old, { replacedBy: stored.keyId, overlapMs, nowMs }) };
}

/** The row of a key whose place another takes: good for `overlapMs` more, or until its own end where that comes first. */
export function replaceKey(
  old: StoredKey,
  options: { readonly replacedBy: string; readonly overlapMs: number; readonly nowMs: number },
): StoredKey {
  const { replacedBy, overlapMs, nowMs } = options;
  return { ...old, expiresAtMs: Math.min(nowMs + overlapMs, old.expiresAtMs ?? Number.POSITIVE_INFINITY), replacedBy };
}

/** The row of a key that is good no more. Revoking twice keeps the first time. */
export function revokeKey(stored: StoredKey, nowMs: number): StoredKey {
  return { ...stored, revokedAtMs: stored.revokedAtMs ?? nowMs };
}

/** Whether a key may be used at a time. */
export function standingOf(stored: StoredKey, nowMs: number): 'good' | 'revoked' | 'expired' {
  if (stored.revokedAtMs !== undefined) return 'revoked';
  return stored.expiresAtMs !== undefined && stored.expiresAtMs <= nowMs ? 'expired' : 'good';
}
