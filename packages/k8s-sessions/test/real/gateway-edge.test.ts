import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { SessionsError } from '../../src/errors.js';
import { decodeClientFrame, encodeServerFrame, type Hello } from '../../src/protocol/index.js';
import { startFakeRunner } from '../support/fake-runner.js';
import { FrameViewer, openGatewayWorld, refusalOf, type GatewayWorld } from '../support/gateway-world.js';

let world: GatewayWorld;
let storeIsAway = false;

beforeAll(async () => {
  world = await openGatewayWorld({ origins: ['https://friend.example'] });
  // A database that can be taken away while the rest goes on.
  const away = <Call extends (...args: never[]) => Promise<unknown>>(call: Call): Call =>
    ((...args: never[]) =>
      storeIsAway
        ? Promise.reject(new SessionsError('HAWSER_SESSIONS_STORE_UNAVAILABLE', 'The database is away.'))
        : call(...args)) as Call;
  Object.assign(world.store, {
    session: away(world.store.session.bind(world.store)),
    grant: away(world.store.grant.bind(world.store)),
    consumeTicket: away(world.store.consumeTicket.bind(world.store)),
  });
});
afterAll(async () => world[Symbol.asyncDispose]());

const bearer = (grant: string): Record<string, string> => ({ authorization: `Grant ${grant}` });

const exchange = (id: string, ticket: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${world.url}/ws/${id}/exchange`, { method: 'POST', body: JSON.stringify({ ticket }), headers });

const helloOf = (session: string): Hello => ({
  protocol: 'tsess.v1',
  session,
  epoch: 'e'.repeat(32),
  state: 'running',
  detail: null,
  role: 'control',
  viewer: 'v',
  size: { cols: 80, rows: 24 },
  head: 0,
  first: 0,
  lines: 0,
  lastInputSeq: 0,
  archived: false,
  command: 'true',
  startedAt: null,
});

describe('a link', () => {
  test('shows its page to whoever fetches it, uses nothing up, and keeps the page to itself', async () => {
    const row = await world.session();
    const { token } = await world.tickets.mint({ session: row.id, role: 'view', principal: 'owner' });
    for (const query of ['', `?token=${token}`]) {
      const page = await fetch(`${world.url}/ws/${row.id}${query}`);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<title>Session</title>');
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect(page.headers.get('x-frame-options')).toBe('DENY');
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(page.headers.get('set-cookie')).toBeNull();
    }
    expect((await exchange(row.id, token)).status).toBe(200);
  });

  test('brings assets compressed, for a year, and nothing from outside its folder', async () => {
    const asset = await fetch(`${world.url}/ws/assets/main-1234.js`);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect(await asset.text()).toContain('page');
    for (const name of ['..%2fsessions.db', '%2e%2e/sessions.db', 'index.html', 'absent.js']) {
      expect([name, (await fetch(`${world.url}/ws/assets/${name}`)).status]).toEqual([name, 404]);
    }
  });

  test('gives programs a grant in the body, and browsers a cookie that no script reads', async () => {
    const row = await world.session();
    const mint = async (): Promise<string> =>
      (await world.tickets.mint({ session: row.id, role: 'view', principal: 'owner' })).token;
    const program = await exchange(row.id, await mint());
    expect(await program.json()).toMatchObject({
      session: row.id,
      role: 'view',
      grant: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(program.headers.get('set-cookie')).toBeNull();
    const browser = await exchange(row.id, await mint(), { origin: world.url });
    expect(await browser.json()).not.toHaveProperty('grant');
    const cookie = browser.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^hawser-grant=[\w-]{43}; Path=\/ws\/[\w-]{36}; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const secure = await exchange(row.id, await mint(), { origin: world.url, 'x-forwarded-proto': 'https' });
    expect(secure.headers.get('set-cookie')).toMatch(/^__Secure-hawser-grant=.*; Secure$/);
  });

  test('works once, and says so the second time', async () => {
    const row = await world.session();
    const other = await world.session();
    const { token } = await world.tickets.mint({ session: row.id, role: 'view', principal: 'owner' });
    const codeOf = async (response: Response): Promise<unknown> => [
      response.status,
      ((await response.json()) as { code: string }).code,
    ];
    expect(await codeOf(await exchange(other.id, token))).toEqual([401, 'ticket_invalid']);
    expect((await exchange(row.id, token)).status).toBe(200);
    expect(await codeOf(await exchange(row.id, token))).toEqual([410, 'ticket_used']);
    expect(await codeOf(await exchange(row.id, 'forged'))).toEqual([401, 'ticket_invalid']);
    expect(await codeOf(await exchange(row.id, token, { origin: 'https://evil.example' }))).toEqual([
      403,
      'foreign_origin',
    ]);
    const big = await fetch(`${world.url}/ws/${row.id}/exchange`, { method: 'POST', body: 'x'.repeat(20_000) });
    expect(big.status).toBe(413);
    expect((await fetch(`${world.url}/ws/${row.id}/exchange`)).status).toBe(405);
  });
});

describe('a socket', () => {
  test('is joined to the runner for a grant as header, subprotocol or cookie, with the viewer and role in the dial', async () => {
    const { row, runner } = await world.live();
    const grant = await world.grant(row.id, 'view');
    const ways = [
      [{ authorization: `Grant ${grant}` }, ['tsess.v1']],
      [{}, ['tsess.v1', `grant.${grant}`]],
      [{ cookie: `other=1; hawser-grant=${grant}` }, ['tsess.v1']],
    ] as const;
    for (const [headers, protocols] of ways) {
      const viewer = await new FrameViewer(world.url, row.id, headers, protocols).opened();
      expect(viewer.socket.protocol).toBe('tsess.v1');
      expect(viewer.socket.extensions).toBe('');
      const behind = await runner.next();
      viewer.send({ type: 'in', seq: 1, data: Buffer.from('typed') });
      const [typed] = (await once(behind, 'message')) as [Buffer];
      expect(decodeClientFrame(new Uint8Array(typed))).toMatchObject({ type: 'in', seq: 1 });
      behind.send(encodeServerFrame({ type: 'ready', offset: 7 }));
      expect((await viewer.frame('ready')).offset).toBe(7);
      behind.close(1000, 'over');
      expect(await viewer.closed).toEqual({ code: 1000, reason: 'over' });
    }
    expect(new Set(runner.claims.map(({ role }) => role))).toEqual(new Set(['view']));
    expect(new Set(runner.claims.map(({ nonce }) => nonce)).size).toBe(3);
  });

  test('takes a ticket in its address in one step, and gets a cookie to come back with', async () => {
    const { row, runner } = await world.live();
    const { token } = await world.tickets.mint({ session: row.id, role: 'control', principal: 'owner' });
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/ws/${row.id}?token=${token}`, ['tsess.v1']);
    const [response] = (await once(socket, 'upgrade')) as [{ headers: Record<string, string[]> }];
    await runner.next();
    const cookie = response.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    socket.terminate();
    await new FrameViewer(world.url, row.id, { cookie }).opened();
    (await runner.next()).terminate();
    expect(await refusalOf(world.url, `${row.id}?token=${token}`)).toBe(410);
  });

  test('that cannot be had is refused by status to programs, and by close code to browsers', async () => {
    const { row } = await world.live();
    const over = await world.session({ state: 'expired' });
    const grant = await world.grant(row.id);
    const ofOver = await world.grant(over.id);
    const absent = '00000000-0000-4000-8000-000000000000';
    expect(await refusalOf(world.url, row.id)).toBe(401);
    expect(await refusalOf(world.url, absent, bearer(grant))).toBe(401);
    expect(await refusalOf(world.url, over.id, bearer(ofOver))).toBe(410);
    expect(await refusalOf(world.url, 'no-session', bearer(grant))).toBe(400);
    const own = { origin: world.url };
    const browser = (session: string, headers: Record<string, string>): FrameViewer =>
      new FrameViewer(world.url, session, headers);
    expect((await browser(row.id, own).closed).code).toBe(4003);
    expect((await browser(over.id, { ...own, ...bearer(ofOver) }).closed).code).toBe(4040);
    expect((await browser(row.id, { origin: 'https://evil.example', ...bearer(grant) }).closed).code).toBe(1008);
    const friend = await browser(row.id, { origin: 'https://friend.example', ...bearer(grant) }).opened();
    friend.socket.terminate();
  });

  test('waits for a runner that is yet to come, is told how that goes, and is joined with all it sent meanwhile', async () => {
    const row = await world.session({ state: 'queued', detail: 'Unschedulable: no node has room' });
    const viewer = await new FrameViewer(world.url, row.id, bearer(await world.grant(row.id))).opened();
    viewer.send({ type: 'attach', since: null, size: { cols: 90, rows: 30 }, visible: true, want: 'control' });
    expect((await viewer.frame('hello')).hello).toMatchObject({ epoch: 'none', state: 'queued', archived: false });
    expect(await viewer.frame('phase')).toMatchObject({ state: 'queued', detail: 'Unschedulable: no node has room' });
    await using runner = await startFakeRunner({ session: row.id });
    const { port, epoch: runnerEpoch, dialKey } = runner;
    await world.store.updateSession(
      row.id,
      {},
      { state: 'starting', address: '127.0.0.1', port, runnerEpoch, dialKey },
    );
    const behind = await runner.next();
    const [attach] = (await once(behind, 'message')) as [Buffer];
    expect(decodeClientFrame(new Uint8Array(attach))).toMatchObject({ type: 'attach', size: { cols: 90, rows: 30 } });
    behind.send(encodeServerFrame({ type: 'ready', offset: 0 }));
    await viewer.frame('ready');
    viewer.socket.close();
    expect((await viewer.closed).code).toBe(1005);
  });

  test('that waits can be closed, and may not send without end', async () => {
    const row = await world.session({ state: 'queued' });
    const grant = await world.grant(row.id);
    const leaving = await new FrameViewer(world.url, row.id, bearer(grant)).opened();
    leaving.socket.close(1000);
    expect((await leaving.closed).code).toBe(1000);
    const flood = await new FrameViewer(world.url, row.id, bearer(grant)).opened();
    flood.socket.send(Buffer.alloc(80_000));
    expect((await flood.closed).code).toBe(1008);
  });

  test('never reaches another pod at the runner’s address, and it is told and counted', async () => {
    const { row } = await world.live();
    await using stranger = await startFakeRunner({ session: row.id, provesWith: 'another' });
    await world.store.updateSession(row.id, {}, { port: stranger.port });
    const viewer = await new FrameViewer(world.url, row.id, bearer(await world.grant(row.id))).opened();
    expect((await viewer.frame('phase')).detail).toContain('does not answer');
    viewer.socket.terminate();
    const events = await world.store.events(row.id, 0, 10);
    expect(events.map(({ kind }) => kind)).toContain('runner_foreign');
    expect(world.log).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'dial_failed', session: row.id }),
    );
    expect(await (await fetch(`${world.url}/metrics`)).text()).toMatch(
      /hawser_sessions_gateway_dials_total\{outcome="foreign"\} [1-9]/,
    );
  });
});

describe('while the database is away', () => {
  test('whoever was let in lately comes in again, and nobody else does', async () => {
    const { row, runner } = await world.live();
    const grant = await world.grant(row.id);
    const unseen = await world.live();
    const { token } = await world.tickets.mint({ session: row.id, role: 'view', principal: 'owner' });
    const unseenGrant = await world.grant(unseen.row.id);
    const before = await new FrameViewer(world.url, row.id, bearer(grant)).opened();
    const behind = await runner.next();
    storeIsAway = true;
    try {
      // Streams have nothing to do with it.
      behind.send(encodeServerFrame({ type: 'ready', offset: 5 }));
      await before.frame('ready');
      const again = await new FrameViewer(world.url, row.id, bearer(grant)).opened();
      (await runner.next()).send(encodeServerFrame({ type: 'ready', offset: 5 }));
      await again.frame('ready');
      expect((await exchange(row.id, token)).status).toBe(503);
      expect(await refusalOf(world.url, unseen.row.id, bearer(unseenGrant))).toBe(503);
      expect(await refusalOf(world.url, row.id, bearer('x'.repeat(43)))).toBe(503);
      expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
      expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
    } finally {
      storeIsAway = false;
    }
    expect((await exchange(row.id, token)).status).toBe(200);
  });
});

describe('what else is asked', () => {
  test('of a log goes to the runner of a session that runs, for its viewers alone', async () => {
    const { row, runner } = await world.live();
    const grant = await world.grant(row.id, 'view');
    expect((await fetch(`${world.url}/ws/${row.id}/search?q=x`)).status).toBe(401);
    const found = await fetch(`${world.url}/ws/${row.id}/search?q=x`, { headers: bearer(grant) });
    expect(await found.text()).toBe('live /search?q=x');
    // What a program printed is shown as no page of ours.
    expect(found.headers.get('content-security-policy')).toContain('sandbox');
    expect(runner.claims.at(-1)?.role).toBe('view');
  });

  test('by the controller is relayed with its token, and with no other', async () => {
    const { row, runner } = await world.live();
    const relay = await world.tickets.mintRelay(row.id);
    const { token } = await world.tickets.mint({ session: row.id, role: 'control', principal: 'owner' });
    const ask = (authorization: string): Promise<Response> =>
      fetch(`${world.url}/internal/runner/${row.id}/input?wait=1`, {
        method: 'POST',
        body: 'typed text',
        headers: { authorization, 'x-hawser-viewer': 'api:key', 'x-hawser-role': 'control' },
      });
    const answered = await ask(`Bearer ${relay}`);
    expect(await answered.text()).toBe('typed text');
    expect(runner.asked).toContain('POST /input?wait=1');
    expect(runner.claims.at(-1)).toMatchObject({ viewer: 'api:key', role: 'control' });
    for (const wrong of [`Bearer ${token}`, 'Bearer x', '']) expect((await ask(wrong)).status).toBe(401);
  });

  test('about more links is for who may control, and only where links can be made', async () => {
    const { row } = await world.live();
    const share = async (role: 'view' | 'control'): Promise<number> =>
      (
        await fetch(`${world.url}/ws/${row.id}/tickets`, {
          method: 'POST',
          body: JSON.stringify({ role: 'view' }),
          headers: bearer(await world.grant(row.id, role)),
        })
      ).status;
    expect([await share('view'), await share('control')]).toEqual([403, 403]);
  });
});

describe('a gateway that ends', () => {
  test('tells everybody when to come again, between two messages, and is ready for nobody', async () => {
    await using ending = await openGatewayWorld({ maxSockets: 2 });
    const { row, runner } = await ending.live();
    const waiting = await ending.session({ state: 'queued' });
    const live = await new FrameViewer(ending.url, row.id, bearer(await ending.grant(row.id))).opened();
    const patient = await new FrameViewer(ending.url, waiting.id, bearer(await ending.grant(waiting.id))).opened();
    const behind = await runner.next();
    behind.send(encodeServerFrame({ type: 'hello', hello: helloOf(row.id) }));
    await live.frame('hello');
    await patient.frame('hello');
    expect(ending.gateway.sockets).toBe(2);
    expect(await refusalOf(ending.url, row.id, bearer(await ending.grant(row.id)))).toBe(503);
    const drained = ending.served.drain({ overMs: 10 });
    for (const viewer of [live, patient]) {
      expect((await viewer.frame('going-away')).retryAfterMs).toBeLessThan(1_001);
      expect((await viewer.closed).code).toBe(1001);
    }
    await drained;
    expect(ending.gateway.sockets).toBe(0);
    await expect(fetch(`${ending.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});

test('no ticket and no grant is in any line of the log', () => {
  expect(JSON.stringify(world.log)).not.toMatch(/eyJ|[\w-]{43}/);
});
