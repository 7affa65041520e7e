import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiKeyError } from './errors.js';
import { isHashOf, nobodysHash } from './hash.js';
import { keyIdOf } from './key.js';
import { standingOf } from './life.js';
import type { KeyVerdict, StoredKey } from './types.js';

/**
 * Judges a key against the row of its id (`undefined`: there is none). Takes as long for an unknown id as for a wrong
 * key: who may not come in learns nothing from the clock, nor whether a key is expired or revoked.
 */
export async function verifyKey(key: string, stored: StoredKey | undefined, nowMs: number): Promise<KeyVerdict> {
  if (keyIdOf(key) === undefined) return { ok: false, why: 'malformed' };
  return judged(await isHashOf(key, stored?.hash ?? nobodysHash), stored, nowMs);
}

function judged(isRight: boolean, stored: StoredKey | undefined, nowMs: number): KeyVerdict {
  if (!stored) return { ok: false, why: 'unknown' };
  if (!isRight) return { ok: false, why: 'wrong' };
  const standing = standingOf(stored, nowMs);
  return standing === 'good' ? { ok: true, key: stored } : { ok: false, why: standing };
}

/** How a verifier remembers, and where rows come from. */
export interface VerifierOptions {
  /** Gives the row of a key. What it throws, `verify` throws. Asked every time, so a revoked key is refused at once. */
  readonly find: (keyId: string) => Promise<StoredKey | undefined>;
  readonly nowMs: () => number;
  /** For how long a verified key needs no second hash; default 15 minutes. */
  readonly rememberMs?: number | undefined;
  /** How many verified keys are remembered; default 1,000. The one that was verified first goes first. */
  readonly maxRemembered?: number | undefined;
  /** How many hashes may be under way or wait; default 100. */
  readonly maxWaiting?: number | undefined;
}

/** Verifies keys, each with one slow hash for as long as it is remembered. */
export interface KeyVerifier {
  /**
   * Judges a key.
   *
   * @throws ApiKeyError `HAWSER_API_KEY_BUSY` when more hashes wait than may.
   */
  verify(key: string): Promise<KeyVerdict>;
  /** Forgets one key, or all. */
  forget(keyId?: string): void;
}

/** A key that was right: what it hashes to fast, and the slow hash that it was right for. */
interface Remembered {
  readonly digest: Buffer;
  readonly hash: string;
  readonly untilMs: number;
}

/** Two hashes at a time leave two of libuv's four threads to files and names. */
const lanes = 2;

/** Makes a verifier. What it remembers of a key is its SHA-256 digest, never the key. */
export function createVerifier(options: VerifierOptions): KeyVerifier {
  const { find, nowMs, rememberMs = 15 * 60_000, maxRemembered = 1000, maxWaiting = 100 } = options;
  // By public id: what is secret is compared below, in constant time.
  const remembered = new Map<string, Remembered>();
  const underWay = new Map<string, Promise<boolean>>();
  const inLine = createLanes(lanes, maxWaiting);

  const recalls = (keyId: string, digest: Buffer, hash: string): boolean => {
    const known = remembered.get(keyId);
    if (known === undefined) return false;
    if (known.untilMs > nowMs() && known.hash === hash) return timingSafeEqual(known.digest, digest);
    remembered.delete(keyId);
    return false;
  };
  const keep = (keyId: string, known: Remembered): void => {
    remembered.delete(keyId);
    remembered.set(keyId, known);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= maxRemembered) break;
      remembered.delete(oldest);
    }
  };
  const compare = async (key: string, digest: Buffer, hash: string): Promise<boolean> => {
    const name = `${digest.toString('hex')} ${hash}`;
    const shared = underWay.get(name);
    if (shared) return await shared;
    const own = inLine(async () => await isHashOf(key, hash));
    underWay.set(name, own);
    try {
      return await own;
    } finally {
      underWay.delete(name);
    }
  };

  return {
    async verify(key) {
      const keyId = keyIdOf(key);
      if (keyId === undefined) return { ok: false, why: 'malformed' };
      const stored = await find(keyId);
      const digest = createHash('sha256').update(key).digest();
      const hash = stored?.hash ?? nobodysHash;
      if (recalls(keyId, digest, hash)) return judged(true, stored, nowMs());
      const isRight = await compare(key, digest, hash);
      if (isRight && stored) keep(keyId, { digest, hash, untilMs: nowMs() + rememberMs });
      return judged(isRight, stored, nowMs());
    },
    forget(keyId) {
      if (keyId === undefined) remembered.clear();
      else remembered.delete(keyId);
    },
  };
}

/** Runs at most `lanesOpen` at a time, in the order of asking; refuses what would be more than `most` in all. */
function createLanes(lanesOpen: number, most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running + waiting.length >= most) {
      throw new ApiKeyError('HAWSER_API_KEY_BUSY', `${most} API keys are being verified already.`);
    }
    if (running >= lanesOpen) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The lane is handed on: nobody who comes now may overtake.
      if (next) next();
      else running -= 1;
    }
  };
}
