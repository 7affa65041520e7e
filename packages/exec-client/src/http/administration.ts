import type { KeyCreated, KeyRecord, KeyScope, LockRecord, SecretRecord } from '../contract/index.js';
import * as accept from './accept.js';
import type { CallOptions } from './client.js';
import type { Transport } from './transport.js';

/** What a new key is to be. */
export interface NewKey {
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** ISO 8601 in UTC; never when missing. */
  readonly expires_at?: string;
}

/** Locks, secrets and keys of a service. */
export interface Administration {
  readonly locks: {
    list(options?: CallOptions): Promise<readonly LockRecord[]>;
    /** Takes a lock from its holder, who is not asked and goes on: for a holder that is known to be gone. */
    release(name: string, options?: CallOptions): Promise<void>;
  };
  readonly secrets: {
    list(options?: CallOptions): Promise<readonly SecretRecord[]>;
    /** Stores a value, which no question ever gives back. */
    set(name: string, value: string, options?: CallOptions): Promise<SecretRecord>;
    remove(name: string, options?: CallOptions): Promise<void>;
  };
  readonly keys: {
    list(options?: CallOptions): Promise<readonly KeyRecord[]>;
    create(key: NewKey, options?: CallOptions): Promise<KeyCreated>;
    /** A new key in the place of an old one, which stays good for `overlapSeconds` more. */
    rotate(id: string, options?: CallOptions & { readonly overlapSeconds?: number | undefined }): Promise<KeyCreated>;
    revoke(id: string, options?: CallOptions): Promise<void>;
  };
}

/** The part of a client that administers. Nothing that makes a key is asked for twice. */
export function createAdministration({ ask }: Transport): Administration {
  return {
    locks: {
      list: async ({ signal } = {}) =>
        (await ask({ route: 'locks', isIdempotent: true, accept: accept.isLocks, signal })).locks,
      async release(name, { signal } = {}) {
        const query = { name, force: true };
        // Again it might be taken from the next who holds it.
        await ask({ route: 'releaseLock', query, isIdempotent: false, accept: accept.isAnything, signal });
      },
    },
    secrets: {
      list: async ({ signal } = {}) =>
        (await ask({ route: 'secrets', isIdempotent: true, accept: accept.isSecrets, signal })).secrets,
      set: (name, value, { signal } = {}) =>
        ask({ route: 'putSecret', body: { name, value }, isIdempotent: true, accept: accept.isSecret, signal }),
      async remove(name, { signal } = {}) {
        await ask({ route: 'removeSecret', query: { name }, isIdempotent: false, accept: accept.isAnything, signal });
      },
    },
    keys: {
      list: async ({ signal } = {}) =>
        (await ask({ route: 'keys', isIdempotent: true, accept: accept.isKeys, signal })).keys,
      create: (key, { signal } = {}) =>
        ask({ route: 'createKey', body: key, isIdempotent: false, accept: accept.isKeyCreated, signal }),
      rotate: (id, { overlapSeconds, signal } = {}) =>
        ask({
          route: 'rotateKey',
          id,
          body: { ...(overlapSeconds !== undefined && { overlap_seconds: overlapSeconds }) },
          isIdempotent: false,
          accept: accept.isKeyCreated,
          signal,
        }),
      async revoke(id, { signal } = {}) {
        await ask({ route: 'revokeKey', id, isIdempotent: true, accept: accept.isAnything, signal });
      },
    },
  };
}
