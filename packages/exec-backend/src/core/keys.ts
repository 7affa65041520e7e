import {
  ApiKeyError,
  allows,
  checkScopes,
  createKey,
  createVerifier,
  replaceKey,
  revokeKey,
  rotateKey,
  standingOf,
} from '@hawser/api-keys';
import type { StoredKey, VerifierOptions } from '@hawser/api-keys';
import type { KeyCreated, KeyRecord, KeyScope } from '@hawser/exec-client/contract';
import type { Authenticator, Caller, Clock, Row, Store } from '../ports.js';
import { ApiError } from './api-error.js';

/** All that a key can be allowed. */
export const keyScopes: readonly KeyScope[] = ['run', 'read', 'cancel', 'secrets', 'keys', 'admin'];

/** Where rows of keys lie; their keys are the public ids. */
export const keyPartition = 'KEY';

/** The time of a key's last use is written at most this often. */
const noteUseEveryMs = 5 * 60_000;

const dayS = 86_400;

/** How long a rotated key stays good beside its successor, when nothing is said; and at most. In seconds. */
const overlapS: { readonly usual: number; readonly most: number } = { usual: dayS, most: 30 * dayS };

/** Keys are made, listed, rotated and revoked by these, and people known by them. */
export interface KeyBook extends Authenticator {
  list(): Promise<readonly KeyRecord[]>;
  /**
   * Makes a key from the body of POST /keys: `{ name, scopes, expires_at? }`. Throws an API error: `invalid_request`, or
   * `forbidden` for a scope that who asks does not hold.
   */
  create(body: unknown, by: Caller): Promise<KeyCreated>;
  /** Makes a key in another's place, from the body of POST `/keys/{id}/rotate`: `{ overlap_seconds? }`. Both are good for that long. */
  rotate(keyId: string, body: unknown, by: Caller): Promise<KeyCreated>;
  /** Makes a key good for nothing, at once. Idempotent. */
  revoke(keyId: string, by: Caller): Promise<KeyRecord>;
}

/**
 * Keys over a store. The row is read at every request, so that a revoked key is refused at once wherever the service
 * runs; only the slow hash is remembered. What the store throws, everything here throws.
 */
export function createKeyBook(
  ports: { readonly store: Store; readonly clock: Clock },
  options: Pick<VerifierOptions, 'rememberMs' | 'maxRemembered' | 'maxWaiting'> & {
    /** Cost of bcrypt for new keys. */
    readonly rounds?: number;
  } = {},
): KeyBook {
  const { store, clock } = ports;
  const { rounds, ...memory } = options;
  const find = async (keyId: string): Promise<Row<StoredKey> | undefined> =>
    await store.get<StoredKey>(keyPartition, keyId);
  const verifier = createVerifier({
    find: async (keyId) => (await find(keyId))?.data,
    nowMs: () => clock.nowMs(),
    ...memory,
  });

  /** A row that may be changed by who asks: nobody gets or takes more than they hold. */
  const rowFor = async (keyId: string, by: Caller): Promise<Row<StoredKey>> => {
    const row = await find(keyId);
    if (!row) throw new ApiError('not_found', `There is no API key '${keyId}'.`);
    mustHold(by, row.data.scopes);
    return row;
  };
  const replace = async (row: Row<StoredKey>, data: StoredKey): Promise<boolean> =>
    (await store.put({ partition: keyPartition, key: row.key, data }, row.version)) !== undefined;
  const noteUse = async (keyId: string): Promise<void> => {
    const row = await find(keyId);
    const nowMs = clock.nowMs();
    if (!row || nowMs - (row.data.lastUsedAtMs ?? 0) < noteUseEveryMs) return;
    await replace(row, { ...row.data, lastUsedAtMs: nowMs });
  };

  return {
    async authenticate(request) {
      const key = request.headers.get('x-api-key');
      if (key === null) return undefined;
      const verdict = await verifier.verify(key).catch((error: unknown) => {
        if (!(error instanceof ApiKeyError)) throw error;
        throw new ApiError('rate_limited', error.message, { retryAfter: 1, cause: error });
      });
      if (!verdict.ok) return undefined;
      const { keyId, name, scopes, lastUsedAtMs } = verdict.key;
      if (clock.nowMs() - (lastUsedAtMs ?? 0) >= noteUseEveryMs) {
        // A courtesy: whoever has a good key is served also where nothing can be written.
        await noteUse(keyId).catch(() => {});
      }
      return { keyId, name, scopes: keyScopes.filter((scope) => scopes.includes(scope)) };
    },

    async list() {
      const rows: Row<StoredKey>[] = [];
      for (let page: readonly Row<StoredKey>[] | undefined; page === undefined || page.length > 0;) {
        page = await store.list<StoredKey>(keyPartition, { limit: 100, after: rows.at(-1)?.key });
        rows.push(...page);
      }
      return rows
        .map((row) => row.data)
        .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
        .map(recordOf);
    },

    async create(body, by) {
      const { name, scopes, expiresAtMs } = readWanted(body, clock.nowMs());
      mustHold(by, scopes);
      const { key, stored } = await createKey({ name, scopes, expiresAtMs, nowMs: clock.nowMs(), rounds });
      await store.put({ partition: keyPartition, key: stored.keyId, data: stored }, 0);
      return { ...recordOf(stored), api_key: key };
    },

    async rotate(keyId, body, by) {
      const overlapMs = readOverlap(body) * 1000;
      const nowMs = clock.nowMs();
      let row = await rowFor(keyId, by);
      mustBeInUse(row.data, nowMs);
      const { key, stored } = await rotateKey(row.data, { overlapMs, nowMs, rounds });
      // The successor first: a crash in between leaves a key that nobody knows, never a person without one.
      await store.put({ partition: keyPartition, key: stored.keyId, data: stored }, 0);
      try {
        while (!(await replace(row, replaceKey(row.data, { replacedBy: stored.keyId, overlapMs, nowMs })))) {
          row = await rowFor(keyId, by);
          mustBeInUse(row.data, nowMs);
        }
      } catch (error) {
        await store.remove(keyPartition, stored.keyId, 1);
        throw error;
      }
      return { ...recordOf(stored), api_key: key };
    },

    async revoke(keyId, by) {
      for (;;) {
        const row = await rowFor(keyId, by);
        const revoked = revokeKey(row.data, clock.nowMs());
        verifier.forget(keyId);
        if (row.data.revokedAtMs !== undefined || (await replace(row, revoked))) return recordOf(revoked);
      }
    },
  };
}

/** A key as it may be shown. */
function recordOf(stored: StoredKey): KeyRecord {
  const { keyId, name, scopes, createdAtMs, expiresAtMs, lastUsedAtMs, revokedAtMs } = stored;
  return {
    key_id: keyId,
    name,
    scopes: keyScopes.filter((scope) => scopes.includes(scope)),
    created_at: new Date(createdAtMs).toISOString(),
    ...(expiresAtMs !== undefined && { expires_at: new Date(expiresAtMs).toISOString() }),
    ...(lastUsedAtMs !== undefined && { last_used_at: new Date(lastUsedAtMs).toISOString() }),
    ...(revokedAtMs !== undefined && { revoked_at: new Date(revokedAtMs).toISOString() }),
  };
}

function mustHold(by: Caller, scopes: readonly string[]): void {
  const missing = scopes.find((scope) => !allows(by.scopes, scope));
  if (missing === undefined) return;
  throw new ApiError('forbidden', `The key concerned may ${missing}, which the key that asks may not.`);
}

/** A key that is revoked or replaced cannot be rotated; an expired one can. */
function mustBeInUse(stored: StoredKey, nowMs: number): void {
  if (standingOf(stored, nowMs) === 'revoked')
    throw new ApiError('already_terminal', `The API key ${stored.keyId} is revoked.`);
  if (stored.replacedBy === undefined) return;
  throw new ApiError('already_terminal', `The API key ${stored.keyId} was already replaced by ${stored.replacedBy}.`);
}

/** The body of POST /keys. */
function readWanted(
  body: unknown,
  nowMs: number,
): { readonly name: string; readonly scopes: readonly KeyScope[]; readonly expiresAtMs: number | undefined } {
  const { name, scopes, expires_at: expiresAt } = fieldsOf(body, ['name', 'scopes', 'expires_at']);
  if (typeof name !== 'string' || !/^[^\p{C}]{1,100}$/u.test(name) || name.trim() === '') {
    throw invalid('name', 'wants 1 to 100 characters to be seen');
  }
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === 'string')) {
    throw invalid('scopes', 'wants a list of words');
  }
  return { name, scopes: knownScopes(scopes), expiresAtMs: readExpiry(expiresAt, nowMs) };
}

function knownScopes(scopes: readonly string[]): readonly KeyScope[] {
  try {
    return checkScopes(scopes, keyScopes);
  } catch (error) {
    throw new ApiError('invalid_request', (error as ApiKeyError).message, { cause: error });
  }
}

function readExpiry(expiresAt: unknown, nowMs: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  const expiresAtMs = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN;
  if (!(expiresAtMs > nowMs)) throw invalid('expires_at', 'wants a time in the future, as in 2030-12-31T00:00:00Z');
  return expiresAtMs;
}

/** The body of POST `/keys/{id}/rotate`, which may be missing: seconds. */
function readOverlap(body: unknown): number {
  const { overlap_seconds: seconds = overlapS.usual } = fieldsOf(body ?? {}, ['overlap_seconds']);
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds <= overlapS.most)
    return seconds;
  throw invalid('overlap_seconds', `wants a whole number from 0 to ${overlapS.most}`);
}

function fieldsOf(body: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ApiError('invalid_request', 'The body wants to be a JSON object.');
  }
  const stranger = Object.keys(body).find((name) => !known.includes(name));
  if (stranger !== undefined) throw invalid(stranger, `is no field: there are ${known.join(', ')}`);
  return body as Readonly<Record<string, unknown>>;
}

function invalid(field: string, why: string): ApiError {
  return new ApiError('invalid_request', `${field} ${why}.`, { details: { field } });
}
