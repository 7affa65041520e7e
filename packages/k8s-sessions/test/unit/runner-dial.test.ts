import { describe, expect, test } from '@jest/globals';
import { checkDial, debugPassword, dialKey, dialProof, signDial } from '../../src/runner/dial-token.js';

const key = dialKey('secret');
const claim = { session: 's', viewer: 'v', role: 'view', nonce: 'ab', expiresAtMs: 61_000 } as const;

describe('dial tokens', () => {
  test('say who dials, for one session and for a minute', () => {
    const token = signDial(key, claim);
    expect(checkDial(key, token, { session: 's', nowMs: 1000 })).toEqual(claim);
    expect(checkDial(key, token, { session: 'other', nowMs: 1000 })).toBeUndefined();
    expect(checkDial(key, token, { session: 's', nowMs: 61_000 })).toBeUndefined();
    expect(checkDial(key, token, { session: 's', nowMs: -60_000 })).toBeUndefined();
    expect(checkDial(dialKey('other'), token, { session: 's', nowMs: 1000 })).toBeUndefined();
  });

  test('no changed character passes', () => {
    const token = signDial(key, claim);
    for (let at = 0; at < token.length; at += 1) {
      // The last character of base64url carries bits that mean nothing.
      const other = token[at] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      const checked = checkDial(key, changed, { session: 's', nowMs: 1000 });
      if (checked !== undefined) expect(at).toBe(token.length - 1);
    }
    for (const none of ['', '.', 'x', 'x.y', `${token}.`, '.'.repeat(100)])
      expect(checkDial(key, none, { session: 's', nowMs: 1000 })).toEqual(none === `${token}.` ? claim : undefined);
  });

  test('a proof is for one nonce of one run, and passwords are not keys', () => {
    const proofs = new Set([
      dialProof(key, 'a', 'e'),
      dialProof(key, 'b', 'e'),
      dialProof(key, 'a', 'f'),
      debugPassword('secret'),
    ]);
    expect(proofs.size).toBe(4);
    expect(debugPassword('secret')).toMatch(/^[\w-]{24}$/u);
  });
});
