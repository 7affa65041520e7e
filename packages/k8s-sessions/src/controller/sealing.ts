import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { SessionsError } from '../errors.js';
import { dialKey } from '../runner/dial-token.js';

/** What of a request is for the runner only. */
export interface SessionPayload {
  readonly prompt: string | null;
  readonly env: Readonly<Record<string, string>>;
}

/** The secrets of one attempt; all follow from the service's key, so that nothing of them has to be kept. */
export interface AttemptSecrets {
  /** Handed to the runner: 32 bytes, base64url. */
  readonly secret: string;
  /** SHA-256 of it, hex. */
  readonly hash: string;
  /** The key of `dialKey` in `runner/dial-token.ts`, base64url. */
  readonly dialKey: string;
}

/** Seals payloads (AES-256-GCM, bound to the session) and makes the secrets of runners. */
export interface Sealer {
  seal(session: string, payload: SessionPayload): Uint8Array;
  /** @throws SessionsError HAWSER_SESSIONS_STORE_OUTDATED when none of the keys opens it */
  open(session: string, sealed: Uint8Array): SessionPayload;
  /** Repeatable: whoever has the key makes the same for the same attempt. `hash` chooses among older keys. */
  secrets(session: string, attempt: number, hash?: string | null): AttemptSecrets;
}

const nonceBytes = 12;
const tagBytes = 16;

/** @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when there is no key, or one that has not 32 bytes */
export function createSealer(keys: readonly Uint8Array[]): Sealer {
  if (keys.length === 0 || keys.some((key) => key.byteLength !== 32)) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'Sealing needs at least one key, each of 32 bytes.');
  }
  const derived = keys.map((key) => ({ sealing: derive(key, 'seal'), starting: derive(key, 'runner') }));
  const first = derived[0] as (typeof derived)[number];
  return {
    seal(session, payload) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', first.sealing, nonce).setAAD(Buffer.from(session));
      const body = Buffer.concat([cipher.update(JSON.stringify(payload), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(session, sealed) {
      for (const { sealing } of derived) {
        const text = tryOpen(sealing, session, Buffer.from(sealed));
        if (text !== undefined) return JSON.parse(text) as SessionPayload;
      }
      throw new SessionsError('HAWSER_SESSIONS_STORE_OUTDATED', 'No sealing key opens what this session was given.', {
        hint: 'Give the service the key it had when the session was created, behind the new one.',
      });
    },
    secrets(session, attempt, hash) {
      const made = derived.map(({ starting }) => secretsOf(starting, session, attempt));
      return made.find((one) => one.hash === hash) ?? (made[0] as AttemptSecrets);
    },
  };
}

function derive(key: Uint8Array, what: string): Buffer {
  return createHmac('sha256', key).update(`hawser sessions ${what}`).digest();
}

function tryOpen(key: Buffer, session: string, sealed: Buffer): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(session))
      .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    return decipher.update(sealed.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

function secretsOf(key: Buffer, session: string, attempt: number): AttemptSecrets {
  const secret = createHmac('sha256', key).update(`${session}/${attempt}`).digest('base64url');
  return {
    secret,
    hash: createHash('sha256').update(secret).digest('hex'),
    dialKey: Buffer.from(dialKey(secret)).toString('base64url'),
  };
}
