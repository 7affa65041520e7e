import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { JWK } from 'jose';
import { SessionsError } from '../errors.js';

/** The public half of a key for RS256. `kid` is its thumbprint (RFC 7638). */
export interface TicketKey {
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/**
 * Where the private halves are: a folder, memory, or a service that signs and lets no key out. Whoever holds the store
 * cannot make tickets, and whoever holds this cannot make grants.
 */
export interface TicketKeys {
  /** Keys that can sign here. Asked again now and then: a mounted Secret may get another one. */
  list(): Promise<readonly TicketKey[]>;
  /** RSASSA-PKCS1-v1_5 with SHA-256 over `data`. */
  sign(kid: string, data: Uint8Array): Promise<Uint8Array>;
  /** Makes one more; absent where keys come from somewhere else. */
  create?(): Promise<TicketKey>;
}

const generate = promisify(generateKeyPair);

/** Bits of new keys; shorter ones are refused (RFC 7518, section 3.3). */
const modulusLength = 2048;

interface Held extends TicketKey {
  readonly privateKey: KeyObject;
}

/** Keys that go with the process. */
export function createMemoryKeys(): TicketKeys {
  const held = new Map<string, Held>();
  return {
    list: () => Promise.resolve([...held.values()].map(publicHalf)),
    sign: (kid, data) => Promise.resolve(signWith(held.get(kid), data)),
    async create() {
      const { privateKey } = await generate('rsa', { modulusLength });
      const made = await hold(privateKey);
      held.set(made.kid, made);
      return publicHalf(made);
    },
  };
}

/**
 * Keys in `*.pem` files (PKCS #8 or #1) of a folder: a mounted Secret, or one of a person. New ones are written there
 * with mode 0600.
 */
export function openKeyFolder(folder: string): TicketKeys {
  const held = new Map<string, Held>();

  async function list(): Promise<readonly TicketKey[]> {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.pem')).toSorted();
    const read = await Promise.all(files.map((file) => readKey(join(folder, file))));
    held.clear();
    for (const one of read) held.set(one.kid, one);
    return read.map(publicHalf);
  }

  return {
    list,
    async sign(kid, data) {
      if (!held.has(kid)) await list();
      return signWith(held.get(kid), data);
    },
    async create() {
      const { privateKey } = await generate('rsa', { modulusLength });
      const made = await hold(privateKey);
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
      try {
        await writeFile(join(folder, `${made.kid}.pem`), pem, { mode: 0o600, flag: 'wx' });
      } catch (error) {
        throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `No key can be written into ${folder}.`, {
          hint: 'Add another key file (openssl genrsa 2048) where this folder comes from, such as the Secret.',
          cause: error,
        });
      }
      held.set(made.kid, made);
      return publicHalf(made);
    },
  };
}

async function readKey(file: string): Promise<Held> {
  const pem = await readFile(file);
  try {
    const privateKey = createPrivateKey(pem);
    if (
      privateKey.asymmetricKeyType === 'rsa' &&
      (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) >= modulusLength
    )
      return await hold(privateKey);
  } catch (error) {
    throw notAKey(file, error);
  }
  throw notAKey(file);
}

function notAKey(file: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${file} is no RSA key of at least ${modulusLength} bits.`, {
    hint: `Make one: openssl genrsa ${modulusLength}.`,
    cause,
  });
}

async function hold(privateKey: KeyObject): Promise<Held> {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, publicJwk: { ...jwk, kid, alg: 'RS256', use: 'sig' }, privateKey };
}

const publicHalf = ({ kid, publicJwk }: Held): TicketKey => ({ kid, publicJwk });

function signWith(key: Held | undefined, data: Uint8Array): Uint8Array {
  if (!key) throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'The key that is to sign is not here any more.');
  return sign('sha256', data, key.privateKey);
}
