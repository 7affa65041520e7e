import { createHash, createPublicKey, randomBytes, randomUUID } from 'node:crypto';
import { keyIdOf } from '@hawser/receipts';
import type { JSONWebKeySet } from 'jose';
import { SessionsError } from '../errors.js';
import type { ViewerRole } from '../protocol/types.js';
import type { GrantRow, SessionStore } from '../store/types.js';
import type { TicketKeys } from './keys.js';
import { tendKeys } from './rotation.js';
import { publicSet, readToken, remoteKeys, signToken, storedKeys } from './tokens.js';
import type { TokenClaims, TokenVerdict } from './tokens.js';

/** A ticket lives no longer, whatever is asked for. */
export const maxTicketMs = 300_000;

const relayMs = 60_000;
const minute = 60_000;
const day = 24 * 60 * minute;

/** What tickets are made of. */
export interface TicketsOptions {
  readonly store: Pick<
    SessionStore,
    | 'addEvent'
    | 'addTicket'
    | 'consumeTicket'
    | 'dropSigningKey'
    | 'grant'
    | 'putSigningKey'
    | 'session'
    | 'signingKeys'
  >;
  /** Private halves. Absent where no ticket is minted: in a gateway. */
  readonly keys?: TicketKeys | undefined;
  /** Names the service in every ticket; the same for all its processes. */
  readonly issuer: string;
  readonly nowMs: () => number;
  /** The controller's JWKS, for a process that checks but does not mint. Absent: the keys in the store. */
  readonly jwksUrl?: URL | undefined;
  /** A grant unused for so long is over. Default 3 days. */
  readonly grantIdleMs?: number | undefined;
  /** A grant is over after so long, however it is used. Default 30 days. */
  readonly grantMaxMs?: number | undefined;
  /** A key is published for so long before it signs. Default 15 minutes, which is the least. */
  readonly publishMs?: number | undefined;
}

/** Why a ticket or a grant is worth nothing. */
export type TicketRefusal = 'invalid' | 'expired' | 'used' | 'revoked' | 'unknown';

/** What came of an exchange. */
export type Exchange =
  | {
      readonly ok: true;
      /** 32 random bytes, base64url: for the viewer alone. The store has its SHA-256. */
      readonly grant: string;
      readonly row: GrantRow;
    }
  | { readonly ok: false; readonly why: TicketRefusal };

/** Links that work once, and what they are exchanged for. */
export interface Tickets {
  /**
   * Makes a link's ticket.
   *
   * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` for a time of life beyond {@link maxTicketMs}, or without a key.
   */
  mint(input: {
    readonly session: string;
    readonly role: ViewerRole;
    /** Key id of whoever asked for it. */
    readonly principal: string;
    /** Default and most {@link maxTicketMs}. */
    readonly ttlMs?: number | undefined;
  }): Promise<{ readonly token: string; readonly jti: string; readonly expiresAt: number }>;
  /** Reads a ticket without using it. */
  verify(token: string): Promise<TokenVerdict>;
  /**
   * Uses a ticket up, for a grant. One of however many that come with it gets one; a database that is away lets nobody in.
   *
   * @throws SessionsError `HAWSER_SESSIONS_STORE_UNAVAILABLE`
   */
  exchange(input: {
    readonly ticket: string;
    readonly session: string;
    readonly userAgent: string | null;
  }): Promise<Exchange>;
  /** @throws SessionsError `HAWSER_SESSIONS_STORE_UNAVAILABLE` */
  checkGrant(
    grant: string,
    session: string,
  ): Promise<{ readonly ok: true; readonly row: GrantRow } | { readonly ok: false; readonly why: TicketRefusal }>;
  /** The keys to publish at `/.well-known/jwks.json`; serve them with a `max-age` of 300 at most. */
  jwks(): Promise<JSONWebKeySet>;
  /**
   * Makes another key, publishes it, and tells from when it signs. The one before it is published until its last token
   * is dead.
   *
   * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` where keys come from somewhere else: put another one there, and it
   * is published within a minute.
   */
  rotate(): Promise<{ readonly kid: string; readonly signsAt: number }>;
  /** Publishes the key that receipts are signed with: SPKI in PEM. It stays published. */
  publishReceiptKey(publicKey: string): Promise<void>;
  /** A token with which the controller asks a gateway for what only a runner knows; good for a minute. */
  mintRelay(session: string): Promise<string>;
  verifyRelay(token: string, session: string): Promise<boolean>;
}

/**
 * Mints and checks tickets, and keeps the keys that sign them in rotation. Nothing runs by itself: keys are looked after
 * when a ticket is minted or the keys are asked for, once a minute at most.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` when keys would be published for less than 15 minutes.
 */
export function openTickets(options: TicketsOptions): Tickets {
  const { store, keys, issuer, nowMs, grantIdleMs = 3 * day, grantMaxMs = 30 * day, publishMs = 15 * minute } = options;
  // Longer than anybody keeps the keys it has fetched: 10 minutes in a gateway, 5 in a cache on the way.
  if (publishMs < 15 * minute)
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'A key must be published for 15 minutes before it signs.');
  const readSet = async (): Promise<JSONWebKeySet> => publicSet(await store.signingKeys(), nowMs());
  const keyOf = options.jwksUrl ? remoteKeys(options.jwksUrl) : storedKeys(readSet, nowMs);
  let tended: { readonly kid: Promise<string>; readonly atMs: number } | undefined;

  function ring(): Parameters<typeof tendKeys>[0] {
    if (keys) return { store, keys, publishMs, retireMs: maxTicketMs + minute };
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'This process has no keys to sign with.');
  }

  async function signingKey(): Promise<string> {
    if (!tended || nowMs() - tended.atMs >= minute) {
      const kid = tendKeys(ring(), nowMs());
      tended = { kid, atMs: nowMs() };
      // What failed is tried again at the next call, not in a minute.
      kid.catch(() => (tended = undefined));
    }
    return tended.kid;
  }

  async function tokenOf(claims: Pick<TokenClaims, 'aud' | 'sub' | 'sid' | 'jti' | 'role'>, ttlMs: number) {
    const kid = await signingKey();
    const at = Math.floor(nowMs() / 1_000);
    const exp = Math.floor((nowMs() + ttlMs) / 1_000);
    const token = await signToken(ring().keys, kid, { iss: issuer, ...claims, iat: at, nbf: at, exp });
    return { token, expiresAt: exp * 1_000 };
  }

  const verify = (token: string): Promise<TokenVerdict> =>
    readToken(token, { issuer, audience: 'ws', nowMs: nowMs() }, keyOf);

  return {
    async mint({ session, role, principal, ttlMs = maxTicketMs }) {
      if (!(ttlMs >= 1_000 && ttlMs <= maxTicketMs))
        throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'A ticket lives for 1 to 300 seconds.');
      const jti = randomUUID();
      const { token, expiresAt } = await tokenOf({ aud: 'ws', sub: principal, sid: session, jti, role }, ttlMs);
      await store.addTicket({ jti, session, role, principal, expiresAt, usedAt: null });
      return { token, jti, expiresAt };
    },

    verify,

    async exchange({ ticket, session, userAgent }) {
      const verdict = await verify(ticket);
      if (!verdict.ok) return verdict;
      const { sid, jti, sub, role = 'view' } = verdict.claims;
      if (sid !== session) return { ok: false, why: 'invalid' };
      if (!(await store.session(session))) return { ok: false, why: 'unknown' };
      const now = nowMs();
      const grant = randomBytes(32).toString('base64url');
      const row: GrantRow = {
        id: randomUUID(),
        tokenHash: hashOf(grant),
        session,
        role,
        viewer: randomUUID(),
        userAgent,
        createdAt: now,
        lastSeen: now,
        idleUntil: now + Math.min(grantIdleMs, grantMaxMs),
        expiresAt: now + grantMaxMs,
        revokedAt: null,
      };
      const { viewer } = row;
      const event = { actor: sub, kind: 'ticket.exchanged', data: { jti, viewer, role } };
      const outcome = await store.consumeTicket(jti, session, now, viewer, { grant: row, event });
      if (outcome.ok) return { ok: true, grant, row };
      if (outcome.why === 'used')
        await store.addEvent(session, now, { actor: sub, kind: 'ticket.replayed', data: { jti, role } });
      return { ok: false, why: outcome.why };
    },

    async checkGrant(grant, session) {
      const now = nowMs();
      const row = await store.grant(hashOf(grant), now, now + grantIdleMs);
      if (row?.session !== session) return { ok: false, why: 'unknown' };
      if (row.revokedAt !== null) return { ok: false, why: 'revoked' };
      if (row.expiresAt <= now || row.idleUntil <= now) return { ok: false, why: 'expired' };
      return { ok: true, row };
    },

    async jwks() {
      if (keys) await signingKey();
      return readSet();
    },

    async rotate() {
      const { keys: own } = ring();
      // The key that signs until then is to be known as such first.
      await tendKeys(ring(), nowMs());
      if (!own.create)
        throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'The keys of tickets come from somewhere else.', {
          hint: 'Add another RSA key there: it is published at once, and signs 15 minutes later.',
        });
      const { kid } = await own.create();
      await tendKeys(ring(), nowMs());
      tended = undefined;
      return { kid, signsAt: nowMs() + publishMs };
    },

    async publishReceiptKey(publicKey) {
      const kid = keyIdOf(publicKey);
      const jwk = createPublicKey(publicKey).export({ format: 'jwk' });
      const publicJwk = { ...jwk, kid, alg: 'EdDSA', use: 'sig' };
      await store.putSigningKey({
        kid,
        use: 'receipt',
        publicJwk,
        status: 'current',
        notBefore: nowMs(),
        notAfter: null,
      });
    },

    async mintRelay(session) {
      const { token } = await tokenOf({ aud: 'gateway', sub: 'controller', sid: session, jti: randomUUID() }, relayMs);
      return token;
    },

    async verifyRelay(token, session) {
      const verdict = await readToken(token, { issuer, audience: 'gateway', nowMs: nowMs() }, keyOf);
      return verdict.ok && verdict.claims.sid === session;
    },
  };
}

const hashOf = (grant: string): string => createHash('sha256').update(grant).digest('hex');
