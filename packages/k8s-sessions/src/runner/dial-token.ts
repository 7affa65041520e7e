import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DialClaim } from './dial-types.js';

/** Milliseconds a dial token may lie ahead. */
export const dialTokenLifeMs: number = 60_000;

/** Key under which a session's runner is dialled: HMAC-SHA256 of the text `dial` under the attempt's secret. */
export function dialKey(secret: string): Uint8Array {
  return hmac(secret, 'dial');
}

/** Password of the user `runner` for a person who opens the runner's own page: 24 characters, derived from the secret. */
export function debugPassword(secret: string): string {
  return Buffer.from(hmac(secret, 'debug')).toString('base64url').slice(0, 24);
}

/** What is sent as `Authorization: Dial …`: the claim, and the HMAC that makes it one. */
export function signDial(key: Uint8Array, claim: DialClaim): string {
  const body = Buffer.from(JSON.stringify(claim)).toString('base64url');
  return `${body}.${Buffer.from(hmac(key, body)).toString('base64url')}`;
}

/** The claim of a token, or undefined when it is not of this session, forged, or not for now. */
export function checkDial(
  key: Uint8Array,
  token: string,
  facts: { readonly session: string; readonly nowMs: number },
): DialClaim | undefined {
  const [body = '', mac = ''] = token.split('.');
  if (!sameBytes(Buffer.from(mac, 'base64url'), hmac(key, body))) return undefined;
  const claim = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as DialClaim;
  const leftMs = claim.expiresAtMs - facts.nowMs;
  return claim.session === facts.session && leftMs > 0 && leftMs <= 2 * dialTokenLifeMs ? claim : undefined;
}

/** What a runner answers a nonce with, base64url: nobody without the key can, nor can an earlier run of the same attempt. */
export function dialProof(key: Uint8Array, nonce: string, epoch: string): string {
  return Buffer.from(hmac(key, `${nonce}.${epoch}`)).toString('base64url');
}

/** Compares secrets without telling how much of them was right. */
export function sameText(a: string, b: string): boolean {
  return sameBytes(hmac('compare', a), hmac('compare', b));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest();
}
