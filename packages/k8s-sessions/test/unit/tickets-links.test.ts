import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKey, createVerifier, randomKey } from '@hawser/api-keys';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSigningKey } from '@hawser/receipts';
import { SignJWT, generateKeyPair, jwtVerify, createLocalJWKSet } from 'jose';
import type { JWTPayload } from 'jose';
import type { SessionStore } from '../../src/store/types.js';
import { registerBootstrapKey } from '../../src/tickets/bootstrap.js';
import { createMemoryKeys, openKeyFolder } from '../../src/tickets/keys.js';
import { maxTicketMs, openTickets } from '../../src/tickets/tickets.js';
import type { Tickets } from '../../src/tickets/tickets.js';
import { sessionRow } from '../support/session-row.js';
import { makeSqliteStore } from '../support/sqlite-store.js';

const issuer = 'https://sessions.example.com';
const minute = 60_000;
const startMs = 1_795_000_000_000;

let nowMs = startMs;
let home: Awaited<ReturnType<typeof makeSqliteStore>>;
let store: SessionStore;
let tickets: Tickets;
const keys = createMemoryKeys();

beforeAll(async () => {
  home = await makeSqliteStore({ nowMs: () => nowMs });
  ({ store } = home);
  tickets = openTickets({ store, keys, issuer, nowMs: () => nowMs });
});
afterAll(() => home.remove());

async function makeSession(): Promise<string> {
  const session = sessionRow();
  const event = { actor: 'k', kind: 'session.created' };
  await store.createSession({ session, payload: new Uint8Array(), payloadExpiresAt: nowMs, event });
  return session.id;
}

const mint = (session: string, role: 'view' | 'control' = 'control') => tickets.mint({ session, role, principal: 'k' });
const exchange = (ticket: string, session: string) => tickets.exchange({ ticket, session, userAgent: 'Firefox' });

describe('a ticket', () => {
  test('is an RS256 token for one session, good for 300 seconds at most, that the published keys verify', async () => {
    const session = await makeSession();
    const { token, jti, expiresAt } = await mint(session);
    expect(expiresAt).toBe(nowMs + maxTicketMs);
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await tickets.jwks()), {
      issuer,
      audience: 'ws',
      algorithms: ['RS256'],
      currentDate: new Date(nowMs),
    });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: (await keys.list())[0]?.kid });
    expect(payload).toEqual({
      iss: issuer,
      aud: 'ws',
      sub: 'k',
      sid: session,
      jti,
      role: 'control',
      iat: nowMs / 1000,
      nbf: nowMs / 1000,
      exp: expiresAt / 1000,
    });
    for (const ttlMs of [0, 999, maxTicketMs + 1, Number.NaN])
      await expect(tickets.mint({ session, role: 'view', principal: 'k', ttlMs })).rejects.toMatchObject({
        code: 'HAWSER_SESSIONS_BAD_INPUT',
      });
  });

  test('is exchanged once for a grant that no store can read, and the second time is written down', async () => {
    const session = await makeSession();
    const { token, jti } = await mint(session, 'view');
    const first = await exchange(token, session);
    if (!first.ok) throw new Error(first.why);
    expect(first.grant).toMatch(/^[\w-]{43}$/);
    expect(first.row).toMatchObject({ session, role: 'view', userAgent: 'Firefox' });
    expect(JSON.stringify(await store.listGrants(session))).not.toContain(first.grant);
    expect(await exchange(token, session)).toEqual({ ok: false, why: 'used' });
    expect(await store.events(session, 1, 10)).toMatchObject([
      { kind: 'ticket.exchanged', actor: 'k', data: { jti, viewer: first.row.viewer, role: 'view' } },
      { kind: 'ticket.replayed', actor: 'k', data: { jti } },
    ]);
    expect(await tickets.checkGrant(first.grant, session)).toEqual({ ok: true, row: first.row });
    expect(await tickets.checkGrant(first.grant, await makeSession())).toEqual({ ok: false, why: 'unknown' });
    expect(await tickets.checkGrant('nothing', session)).toEqual({ ok: false, why: 'unknown' });
    await store.revokeGrant(session, first.row.id, nowMs);
    expect(await tickets.checkGrant(first.grant, session)).toEqual({ ok: false, why: 'revoked' });
  });

  test('is refused when it is late, another session’s, of a session that is none, or not in the store', async () => {
    const session = await makeSession();
    const { token } = await mint(session);
    const other = await makeSession();
    expect(await exchange(token, other)).toEqual({ ok: false, why: 'invalid' });
    expect(await exchange((await mint('nobody')).token, 'nobody')).toEqual({ ok: false, why: 'unknown' });
    nowMs += maxTicketMs;
    // Another machine's clock may be behind; the store's row is not.
    expect((await tickets.verify(token)).ok).toBe(true);
    expect(await exchange(token, session)).toEqual({ ok: false, why: 'expired' });
    nowMs += minute;
    expect(await tickets.verify(token)).toEqual({ ok: false, why: 'expired' });
    const { token: pruned } = await mint(session);
    await store.prune(nowMs + maxTicketMs, 100);
    // The store lists what is allowed: what is not in it was never there.
    expect(await exchange(pruned, session)).toEqual({ ok: false, why: 'unknown' });
  });

  test('is refused when it is forged, in whatever way', async () => {
    const session = await makeSession();
    const { token } = await mint(session);
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(String(Buffer.from(body, 'base64url'))) as JWTPayload;
    const { kid } = JSON.parse(String(Buffer.from(head, 'base64url'))) as { kid: string };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const own = await generateKeyPair('RS256');
    const [jwk] = (await tickets.jwks()).keys;
    const byPublicKey = new TextEncoder().encode(JSON.stringify(jwk));
    const forged = {
      'another key': await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(own.privateKey),
      'an unknown key': await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'x' }).sign(own.privateKey),
      'no signature': `${part({ alg: 'none' })}.${body}.`,
      'the public key as a secret': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(byPublicKey),
      'other claims': `${head}.${part({ ...claims, role: 'control', sub: 'root' })}.${signature}`,
      'another character': `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      'the token of a relay': await tickets.mintRelay(session),
      'no token': 'x',
      nothing: '',
    };
    for (const [how, text] of Object.entries(forged))
      expect([how, await exchange(text, session)]).toEqual([how, { ok: false, why: 'invalid' }]);
    const elsewhere = openTickets({ store, keys, issuer: 'https://other.example.com', nowMs: () => nowMs });
    expect(await elsewhere.verify(token)).toEqual({ ok: false, why: 'invalid' });
    expect(await exchange(token, session)).toMatchObject({ ok: true });
  });
});

describe('a grant', () => {
  test('lasts while it is used, and no longer than its time', async () => {
    const session = await makeSession();
    const short = openTickets({
      store,
      keys,
      issuer,
      nowMs: () => nowMs,
      grantIdleMs: 10 * minute,
      grantMaxMs: 30 * minute,
    });
    const made = await short.exchange({ ticket: (await mint(session)).token, session, userAgent: null });
    if (!made.ok) throw new Error(made.why);
    for (let use = 0; use < 3; use += 1) {
      nowMs += 9 * minute;
      expect((await short.checkGrant(made.grant, session)).ok).toBe(true);
    }
    nowMs += 3 * minute;
    expect(await short.checkGrant(made.grant, session)).toEqual({ ok: false, why: 'expired' });
    const idle = await short.exchange({ ticket: (await mint(session)).token, session, userAgent: null });
    if (!idle.ok) throw new Error(idle.why);
    nowMs += 10 * minute;
    expect(await short.checkGrant(idle.grant, session)).toEqual({ ok: false, why: 'expired' });
    expect(await short.checkGrant(idle.grant, session)).toEqual({ ok: false, why: 'expired' });
  });
});

test('the relay’s token is for one session, a minute, and no viewer', async () => {
  const session = await makeSession();
  const relay = await tickets.mintRelay(session);
  expect(await tickets.verifyRelay(relay, session)).toBe(true);
  expect(await tickets.verifyRelay(relay, 'another')).toBe(false);
  expect(await tickets.verifyRelay((await mint(session)).token, session)).toBe(false);
  nowMs += 2 * minute;
  expect(await tickets.verifyRelay(relay, session)).toBe(false);
});

describe('keys', () => {
  test('are published 15 minutes before they sign, and until their last ticket is dead', async () => {
    const [before] = await keys.list();
    const { kid: next, signsAt } = await tickets.rotate();
    expect(signsAt).toBe(nowMs + 15 * minute);
    const published = async () => (await tickets.jwks()).keys.map(({ kid }) => kid);
    const signer = async () => {
      const { token } = await mint(await makeSession());
      return (JSON.parse(String(Buffer.from(token.split('.')[0] ?? '', 'base64url'))) as { kid: string }).kid;
    };
    expect(await published()).toEqual([before?.kid, next]);
    nowMs = signsAt - 1;
    expect(await signer()).toBe(before?.kid);
    const { token: last } = await mint(await makeSession());
    nowMs = signsAt + minute;
    expect(await signer()).toBe(next);
    expect(await published()).toEqual([before?.kid, next]);
    expect((await tickets.verify(last)).ok).toBe(true);
    nowMs += maxTicketMs + minute;
    expect(await published()).toEqual([next]);
    // The old one is still held: it is not taken for a new one.
    nowMs += 60 * minute;
    expect(await published()).toEqual([next]);
    expect(await signer()).toBe(next);
    expect(() => openTickets({ store, keys, issuer, nowMs: () => nowMs, publishMs: minute })).toThrow('15 minutes');
  });

  test('of receipts stay published beside those of tickets', async () => {
    const { publicKey, keyId } = createSigningKey();
    await tickets.publishReceiptKey(publicKey);
    nowMs += 24 * 60 * minute;
    expect((await tickets.jwks()).keys).toContainEqual(
      expect.objectContaining({ kid: keyId, kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }),
    );
  });

  test('lie in a folder for their owner alone, and one that is put there is taken up', async () => {
    const folder = join(home.folder, 'keys');
    mkdirSync(folder);
    const other = await makeSqliteStore();
    try {
      const session = sessionRow();
      const event = { actor: 'k', kind: 'session.created' };
      await other.store.createSession({ session, payload: new Uint8Array(), payloadExpiresAt: nowMs, event });
      const held = openKeyFolder(folder);
      const made = openTickets({ store: other.store, keys: held, issuer, nowMs: () => nowMs });
      const { token } = await made.mint({ session: session.id, role: 'view', principal: 'k' });
      const [file = ''] = readdirSync(folder);
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
      // Another process of the same folder and store signs with the same key, and verifies without one.
      const again = openTickets({ store: other.store, keys: openKeyFolder(folder), issuer, nowMs: () => nowMs });
      expect((await again.verify(token)).ok).toBe(true);
      await again.mint({ session: session.id, role: 'view', principal: 'k' });
      expect(readdirSync(folder)).toEqual([file]);
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      const { KeyObject } = await import('node:crypto');
      const pem = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' });
      writeFileSync(join(folder, 'from-a-secret.pem'), pem);
      nowMs += minute;
      expect((await again.jwks()).keys).toHaveLength(2);
      writeFileSync(join(folder, 'wrong.pem'), 'no key');
      await expect(held.list()).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
      const nothing = { list: () => Promise.resolve([]), sign: () => Promise.reject(new Error('no key')) };
      const keyless = openTickets({ store: other.store, keys: nothing, issuer, nowMs: () => nowMs });
      await expect(keyless.jwks()).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
      const gateway = openTickets({ store: other.store, issuer, nowMs: () => nowMs });
      await expect(gateway.rotate()).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
    } finally {
      await other.remove();
    }
  });

  test('come to a gateway from the controller’s address; without it nobody is let in', async () => {
    const session = await makeSession();
    const { token } = await mint(session);
    let asked = 0;
    let isBroken = true;
    const server = createServer((_request, response) => {
      asked += 1;
      if (isBroken) response.writeHead(503).end();
      else void tickets.jwks().then((set) => response.writeHead(200).end(JSON.stringify(set)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const jwksUrl = new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`);
      const gateway = openTickets({ store, issuer, nowMs: () => nowMs, jwksUrl });
      const bring = () => gateway.exchange({ ticket: token, session, userAgent: null });
      await expect(bring()).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_STORE_UNAVAILABLE' });
      isBroken = false;
      const fresh = openTickets({ store, issuer, nowMs: () => nowMs, jwksUrl });
      const before = asked;
      expect((await fresh.exchange({ ticket: token, session, userAgent: null })).ok).toBe(true);
      for (let n = 0; n < 5; n += 1) expect((await fresh.verify(token)).ok).toBe(true);
      expect(asked - before).toBe(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

test('a key of the installation is registered hashed, once, and left as an administrator made it', async () => {
  const key = randomKey();
  const row = await registerBootstrapKey({ store, key: `${key}\n`, nowMs });
  expect(JSON.stringify(row)).not.toContain(key);
  expect(row).toMatchObject({ name: 'bootstrap', scopes: ['admin'] });
  const verifier = createVerifier({ find: (id) => store.principal(id), nowMs: () => nowMs });
  expect((await verifier.verify(key)).ok).toBe(true);
  await store.putPrincipal({ ...row, quota: { running: 1 }, revokedAtMs: nowMs });
  expect(await registerBootstrapKey({ store, key, nowMs })).toMatchObject({
    quota: { running: 1 },
    revokedAtMs: nowMs,
  });
  const { stored } = await createKey({ name: 'other', scopes: ['view'], nowMs, rounds: 4 });
  await store.putPrincipal({ ...stored, keyId: row.keyId, quota: {} });
  expect(await registerBootstrapKey({ store, key, nowMs })).toMatchObject({ name: 'bootstrap' });
  await expect(registerBootstrapKey({ store, key: 'sk_live_x', nowMs })).rejects.toMatchObject({
    code: 'HAWSER_API_KEY_MALFORMED',
  });
});
