import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CreatedSession } from '../../src/protocol/index.js';
import { createClientReader } from '../../src/controller/client-address.js';
import { createSealer } from '../../src/controller/sealing.js';
import { openWorld } from '../support/controller-world.js';
import type { World } from '../support/controller-world.js';

const command = { command: 'true' };

describe('who asks', () => {
  const clientOf = createClientReader(['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']);
  const ask = (peer: string, headers: Record<string, string> = {}) =>
    clientOf(new Request('http://inside/', { headers }), peer);

  test('is the peer, and behind trusted proxies the right-most address that is none of theirs', () => {
    expect(ask('203.0.113.9', { 'x-forwarded-for': '1.2.3.4' })).toEqual({ bucket: '203.0.113.9', origin: null });
    expect(ask('10.1.1.1', { 'x-forwarded-for': '6.6.6.6, 198.51.100.7, 10.2.2.2' }).bucket).toBe('198.51.100.7');
    expect(ask('::ffff:10.1.1.1', { 'x-forwarded-for': '198.51.100.7:5123' }).bucket).toBe('198.51.100.7');
    expect(ask('192.0.2.1', {}).bucket).toBe('192.0.2.1');
    expect(ask('10.1.1.1', { 'x-forwarded-for': 'unknown, nonsense' }).bucket).toBe('10.1.1.1');
    expect(ask('2001:db8::1', { 'x-forwarded-for': '2001:470:1:2:aaaa::1' }).bucket).toBe('2001:470:1:2::/64');
    expect(ask('2001:470:1:2:ffff::9%eth0').bucket).toBe('2001:470:1:2::/64');
    expect(ask('::1').bucket).toBe('0:0:0:0::/64');
    const forwarded = { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example' };
    expect(ask('10.1.1.1', forwarded).origin).toBe('https://a.example');
    expect(ask('203.0.113.9', { ...forwarded, host: '203.0.113.7' }).origin).toBe('https://203.0.113.7');
    expect(ask('10.1.1.1', { ...forwarded, 'x-forwarded-host': 'a b<script>' }).origin).toBeNull();
    for (const proxy of ['10.0.0.0/33', 'example.com', '10.0.0.0/8/8', '']) {
      expect(() => createClientReader([proxy])).toThrow(expect.objectContaining({ code: 'HAWSER_SESSIONS_BAD_INPUT' }));
    }
  });

  test('cannot choose its bucket by what it writes itself', () => {
    fc.assert(
      fc.property(fc.array(fc.ipV4(), { maxLength: 4 }), (forged) => {
        const header = [...forged, '198.51.100.7', '10.3.3.3'].join(', ');
        expect(ask('10.1.1.1', { 'x-forwarded-for': header }).bucket).toBe('198.51.100.7');
      }),
    );
  });
});

describe('limits', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      settings: { ratePerMinute: 5, trustedProxies: ['10.0.0.0/8'], maxRunning: 2, archiveBudgetBytes: 1_000_000 },
    });
    world.controller.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const create = (key: string, address: string, headers: Record<string, string> = {}): Promise<Response> =>
    world.ask('POST', '/api/sessions', {
      key,
      body: command,
      from: '10.0.0.1',
      headers: { 'x-forwarded-for': address, ...headers },
    });

  test('count sessions by key and by client address over a sliding minute', async () => {
    const key = await world.key(['create']);
    for (let n = 0; n < 5; n += 1) {
      const answer = await create(key, '198.51.100.1');
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([201, `"create";r=${4 - n};t=60`]);
    }
    const refused = await create(key, '198.51.100.99');
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const neighbour = await world.key(['create']);
    expect((await create(neighbour, '198.51.100.1')).status).toBe(429);
    expect((await create(neighbour, '198.51.100.2')).status).toBe(201);
    // Half of the last minute still counts half a minute later.
    await world.clock.advance(90_000);
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await create(key, '198.51.100.50')).status);
    expect(statuses).toEqual([201, 201, 429, 429]);
    const generous = await world.key(['create'], { perMinute: 30 });
    for (let n = 0; n < 10; n += 1) expect((await create(generous, '198.51.100.60')).status).toBe(201);
  });

  test('let an address show so many wrong keys, and no more', async () => {
    const wrong = (): Promise<Response> => world.ask('GET', '/api/whoami', { key: 'sk_live_no', from: '203.0.113.66' });
    const statuses = new Set<number>();
    for (let n = 0; n < 31; n += 1) statuses.add((await wrong()).status);
    expect([...statuses]).toEqual([401, 429]);
    expect((await world.ask('GET', '/api/whoami')).status).toBe(200);
  });

  test('hold a key to its quota, also when it asks many times at once', async () => {
    const key = await world.key(['create', 'view', 'control'], { running: 3, perMinute: 1000, logBytes: 4096 });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => create(key, `203.0.113.${n}`)));
    const created = answers.filter(({ status }) => status === 201);
    expect(created).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(((await answer.json()) as { code: string }).code).toBe('quota_exceeded');
    }
    const { sessionId } = (await (created[0] as Response).json()) as CreatedSession;
    expect((await world.ask('DELETE', `/api/sessions/${sessionId}`, { key })).status).toBe(202);
    expect((await create(key, '203.0.113.30')).status).toBe(201);
  });

  test('let others wait in line where so many run, and take them in order', async () => {
    await world.settle();
    const rows = await world.store.workable('nobody', world.clock.nowMs(), 100);
    const started = rows.filter(({ state }) => state === 'starting');
    expect(started).toHaveLength(2);
    const [waiting] = rows.filter(({ state }) => state === 'queued');
    expect(waiting?.detail).toBe('Waits for a place: 2 sessions run already.');
    const runner = world.runner(started[0]?.id ?? '');
    expect(await world.store.countSessions({ states: ['queued'] })).toBeGreaterThan(0);
    expect((await runner.assignment())?.logCapBytes).toBeGreaterThan(0);
    await runner.run();
    await runner.exit();
    await world.settle();
    expect((await world.store.listSessions({ states: ['starting'], limit: 10 })).length).toBe(2);
  });

  test('stop at the bytes that the service may keep', async () => {
    const full = await openWorld({ settings: { archiveBudgetBytes: 0 } });
    const answer = await full.ask('POST', '/api/sessions', { body: command });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([429, 'quota_exceeded']);
    await full[Symbol.asyncDispose]();
  });
});

describe('sealing', () => {
  const [old, now] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const payload = { prompt: 'p', env: { A: 'b' } };

  test('opens what an older key sealed, for its session alone, and notices a changed byte', () => {
    const sealed = createSealer([old]).seal('s', payload);
    expect(createSealer([now, old]).open('s', sealed)).toEqual(payload);
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const [keys, session, bytes] of [
      [[now], 's', sealed],
      [[old], 't', sealed],
      [[old], 's', changed],
    ] as const) {
      expect(() => createSealer(keys).open(session, bytes)).toThrow(
        expect.objectContaining({ code: 'HAWSER_SESSIONS_STORE_OUTDATED' }),
      );
    }
    const hash = createSealer([old]).secrets('s', 1).hash;
    expect(createSealer([now, old]).secrets('s', 1, hash).hash).toBe(hash);
    expect(createSealer([now]).secrets('s', 1).secret).not.toBe(createSealer([now]).secrets('s', 2).secret);
    for (const keys of [[], [Buffer.alloc(16)]]) {
      expect(() => createSealer(keys)).toThrow(expect.objectContaining({ code: 'HAWSER_SESSIONS_BAD_INPUT' }));
    }
  });
});
