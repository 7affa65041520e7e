import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { SessionsError } from '../errors.js';
import type { ViewerRole } from '../protocol/types.js';
import type { SigningKeyRow } from '../store/types.js';
import type { TicketKeys } from './keys.js';

/** What a token says. `aud` is `ws` in a ticket, `gateway` in what lets the controller ask a gateway. */
export interface TokenClaims {
  readonly iss: string;
  readonly aud: 'ws' | 'gateway';
  /** Key id of whoever asked for it, or the service itself. */
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly role?: ViewerRole;
  /** Seconds since 1970, as all of these. */
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
}

/** Seconds by which two machines' clocks may differ. */
const clockTolerance = 30;

/** Writes a token: JWS compact serialization (RFC 7515, section 3.1), RS256. */
export async function signToken(keys: TicketKeys, kid: string, claims: TokenClaims): Promise<string> {
  const said = [{ alg: 'RS256', kid, typ: 'JWT' }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  return `${said}.${base64url(await keys.sign(kid, Buffer.from(said)))}`;
}

const base64url = (data: string | Uint8Array): string => Buffer.from(data as Uint8Array).toString('base64url');

/** What a token is worth. Of one that is good, the claims. */
export type TokenVerdict =
  | { readonly ok: true; readonly claims: TokenClaims }
  | { readonly ok: false; readonly why: 'invalid' | 'expired' };

/**
 * Reads a token: signature, algorithm, issuer, audience, time, and that it has all that one of ours has.
 *
 * @throws SessionsError `HAWSER_SESSIONS_STORE_UNAVAILABLE` when the keys cannot be had.
 */
export async function readToken(
  token: string,
  wanted: { readonly issuer: string; readonly audience: TokenClaims['aud']; readonly nowMs: number },
  keyOf: JWTVerifyGetKey,
): Promise<TokenVerdict> {
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: ['RS256'],
      issuer: wanted.issuer,
      audience: wanted.audience,
      clockTolerance,
      currentDate: new Date(wanted.nowMs),
      requiredClaims: ['jti', 'sid', 'sub', 'exp', 'nbf'],
    });
    return { ok: true, claims: payload as unknown as TokenClaims };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { ok: false, why: 'expired' };
    if (error instanceof errors.JOSEError && !unreachable.has(error.code)) return { ok: false, why: 'invalid' };
    if (error instanceof SessionsError) throw error;
    throw new SessionsError(
      'HAWSER_SESSIONS_STORE_UNAVAILABLE',
      'The keys that tickets are checked with cannot be had.',
      {
        cause: error,
      },
    );
  }
}

/** What jose says when a JWKS was not to be had: no answer in time, another status than 200, no JSON, no key set. */
const unreachable: ReadonlySet<string> = new Set([
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
  errors.JOSEError.code,
]);

/** The keys behind a JWKS address, fetched when needed: kept for 10 minutes, and fetched early for an unknown one. */
export function remoteKeys(url: URL): JWTVerifyGetKey {
  return createRemoteJWKSet(url, { timeoutDuration: 5_000, cooldownDuration: 30_000, cacheMaxAge: 600_000 });
}

/** The keys in the store; read again for an unknown one, but not more often than once a second. */
export function storedKeys(read: () => Promise<JSONWebKeySet>, nowMs: () => number): JWTVerifyGetKey {
  let known: { readonly keyOf: JWTVerifyGetKey; readonly atMs: number } | undefined;
  const renew = async (): Promise<JWTVerifyGetKey> => {
    known = { keyOf: createLocalJWKSet(await read()), atMs: nowMs() };
    return known.keyOf;
  };
  return async (header, token) => {
    const age = known ? nowMs() - known.atMs : Number.POSITIVE_INFINITY;
    const keyOf = known && age < 60_000 ? known.keyOf : await renew();
    try {
      return await keyOf(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age < 1_000) throw error;
      return (await renew())(header, token);
    }
  };
}

/** What is published: keys that sign, will sign, or did lately; those of receipts for ever. */
export function publicSet(rows: readonly SigningKeyRow[], nowMs: number): JSONWebKeySet {
  const published = rows.filter(({ notAfter }) => notAfter === null || notAfter > nowMs);
  return { keys: published.map(({ publicJwk }) => publicJwk as JSONWebKeySet['keys'][number]) };
}
