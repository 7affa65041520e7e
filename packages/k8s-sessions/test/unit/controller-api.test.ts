import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedSession, SessionEvent, SessionView, ShareAnswer } from '../../src/protocol/index.js';
import type { RunnerAccess } from '../../src/controller/index.js';
import { SessionsError } from '../../src/errors.js';
import { openWorld } from '../support/controller-world.js';
import type { World } from '../support/controller-world.js';

interface Refused {
  readonly code: string;
  readonly detail: string;
  readonly details?: { readonly problems?: readonly { readonly path: string }[]; readonly scope?: string };
}

const command = { command: 'true' };
const relayed: { path: string; method: string; viewer: string | null; role: string | null; body: string }[] = [];
let runnerAnswers: () => Response = () => new Response('{}', { headers: { 'content-type': 'application/json' } });

const access: RunnerAccess = {
  async fetch(_session, path, init) {
    const request = new Request(`http://runner${path}`, init);
    const viewer = request.headers.get('x-hawser-viewer');
    const role = request.headers.get('x-hawser-role');
    relayed.push({ path, method: request.method, viewer, role, body: await request.text() });
    return runnerAnswers();
  },
};

describe('the API', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ ports: { access }, settings: { publicUrl: 'https://sessions.example.com/' } });
    world.controller.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const post = (body: unknown, options: object = {}): Promise<Response> =>
    world.ask('POST', '/api/sessions', { body, ...options });
  const refused = async (answer: Promise<Response> | Response): Promise<[number, string]> => {
    const response = await answer;
    return [response.status, ((await response.json()) as Refused).code];
  };
  const running = async (body: object = command): Promise<string> => {
    const { id } = await world.create(body);
    await world.runner(id).run();
    return id;
  };

  test('gives the seed its answer: an id, a socket, a token and a link that can be opened as it is', async () => {
    const answer = await post({
      code_url: 'https://github.com/user/repo/tree/main/folder',
      command: 'npm start',
      prompt: 'Hello!',
      install_cmd: 'npm install',
    });
    const { sessionId, wsUrl, token, terminalUrl, ticketExpiresAt } = (await answer.json()) as CreatedSession;
    expect(wsUrl).toBe(`/ws/${sessionId}`);
    expect(terminalUrl).toBe(`https://sessions.example.com/ws/${sessionId}#t=${token}`);
    expect(Date.parse(ticketExpiresAt)).toBe(world.clock.nowMs() + 300_000);
    await world.settle();
    expect(await world.runner(sessionId).assignment()).toMatchObject({
      source: { url: 'https://github.com/user/repo/tree/main/folder' },
      installCommand: 'npm install',
      prompt: 'Hello!',
      promptNames: ['HAWSER_PROMPT'],
    });
  });

  test('says everything that is wrong with a request, and fetches from nowhere that is not public', async () => {
    const answer = await post({
      argv: [],
      size: { cols: 0, rows: 5 },
      env: { '1A': 'x' },
      wait: 'never',
      colour: 'red',
    });
    const { code, details } = (await answer.json()) as Refused;
    expect([answer.status, code]).toEqual([400, 'invalid_request']);
    expect(details?.problems?.map(({ path }) => path)).toEqual(['colour', 'argv', 'env.1A', 'size', 'wait']);
    const wrong = [
      {},
      { command: 'a', argv: ['b'] },
      { command: ' ' },
      { command: 'a\0' },
      { command: 'a', deadline_seconds: 1e9 },
    ];
    for (const body of wrong) expect(await refused(post(body))).toEqual([400, 'invalid_request']);
    for (const body of ['{', '[]', '"\\ud800"']) expect(await refused(post(body))).toEqual([400, 'invalid_request']);
    expect(await refused(post({ command: 'x'.repeat(1_100_000) }))).toEqual([413, 'too_large']);
    for (const code_url of ['https://169.254.169.254/a.zip', 'ftp://a/b.zip', 'https://u:p@github.com/a/b.git']) {
      expect(await refused(post({ ...command, code_url }))).toEqual([422, 'source_rejected']);
    }
  });

  test('lets nobody in without a good key, and each key only where it may', async () => {
    expect(await refused(post(command, { key: null }))).toEqual([401, 'unauthenticated']);
    expect(await refused(post(command, { key: 'sk_live_wrong' }))).toEqual([401, 'unauthenticated']);
    const viewer = await world.key(['view']);
    const answer = await post(command, { key: viewer });
    expect(((await answer.json()) as Refused).details?.scope).toBe('create');
    expect(answer.status).toBe(403);
    const creator = await world.key(['create', 'view']);
    const { sessionId } = (await (await post(command, { key: creator })).json()) as CreatedSession;
    const path = `/api/sessions/${sessionId}`;
    expect((await world.ask('GET', path, { key: creator })).status).toBe(200);
    expect(await refused(world.ask('GET', path, { key: viewer }))).toEqual([404, 'not_found']);
    expect(await refused(world.ask('DELETE', path, { key: creator }))).toEqual([403, 'forbidden']);
    const wish = { role: 'control' };
    expect(await refused(world.ask('POST', `${path}/tickets`, { key: creator, body: wish }))).toEqual([
      403,
      'forbidden',
    ]);
    expect((await world.ask('GET', path)).status).toBe(200);
  });

  test('makes keys with scopes, quota and expiry, and takes them back at once', async () => {
    const made = await world.ask('POST', '/api/keys', {
      body: { name: 'ci', scopes: ['view', 'create'], quota: { running: 1 }, expires_at: '2026-02-01T00:00:00Z' },
    });
    const { key, id } = (await made.json()) as { key: string; id: string };
    expect(made.status).toBe(201);
    expect(await (await world.ask('GET', '/api/whoami', { key })).json()).toMatchObject({
      id,
      scopes: ['create', 'view'],
      quota: { running: 1 },
    });
    expect(await refused(world.ask('GET', '/api/keys', { key }))).toEqual([403, 'forbidden']);
    expect((await world.ask('DELETE', `/api/keys/${id}`)).status).toBe(204);
    expect(await refused(world.ask('GET', '/api/whoami', { key }))).toEqual([401, 'unauthenticated']);
    const listed = (await (await world.ask('GET', '/api/keys')).json()) as { keys: { id: string; standing: string }[] };
    expect(listed.keys.find((one) => one.id === id)?.standing).toBe('revoked');
    expect(JSON.stringify(listed)).not.toContain(key);
    for (const body of [
      { name: 'x', scopes: ['root'] },
      { name: '', scopes: ['view'] },
      { name: 'x', scopes: ['view'], quota: { a: 1 } },
    ]) {
      expect(await refused(world.ask('POST', '/api/keys', { body }))).toEqual([400, 'invalid_request']);
    }
    expect(await refused(world.ask('DELETE', '/api/keys/none'))).toEqual([404, 'not_found']);
  });

  test('repeats nothing under one idempotency key, and gives every repetition a fresh link', async () => {
    const headers = { 'idempotency-key': 'again-1' };
    const first = (await (await post({ command: 'true', labels: { a: '1' } }, { headers })).json()) as CreatedSession;
    const again = (await (await post({ labels: { a: '1' }, command: 'true' }, { headers })).json()) as CreatedSession;
    expect(again.sessionId).toBe(first.sessionId);
    expect(again.token).not.toBe(first.token);
    expect(await refused(post({ command: 'false' }, { headers }))).toEqual([409, 'idempotency_mismatch']);
    expect(await refused(post(command, { headers: { 'idempotency-key': 'a b' } }))).toEqual([400, 'invalid_request']);
    const other = await post({ command: 'false' }, { headers, key: await world.key() });
    expect(other.status).toBe(201);
  });

  test('lists by state, label and page, and says what has not changed', async () => {
    const key = await world.key(['create', 'view', 'control']);
    const ids: string[] = [];
    for (const part of ['a', 'b', 'c']) {
      const answer = await post({ command: 'true', labels: { part } }, { key });
      ids.push(((await answer.json()) as CreatedSession).sessionId);
      await world.clock.advance(1);
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await world.ask('GET', `/api/sessions?limit=2${cursor && `&cursor=${cursor}`}`, { key });
      const { sessions, next } = (await page.json()) as { sessions: SessionView[]; next: string | null };
      seen.push(...sessions.map(({ sessionId }) => sessionId));
      cursor = next;
    }
    expect(seen).toEqual(ids.toReversed());
    await world.settle();
    expect((await world.ask('DELETE', `/api/sessions/${ids[0]}`, { key })).status).toBe(202);
    const filtered = await world.ask('GET', '/api/sessions?state=starting,running&label=part%3Db', { key });
    expect(((await filtered.json()) as { sessions: SessionView[] }).sessions.map(({ sessionId }) => sessionId)).toEqual(
      [ids[1]],
    );
    for (const query of ['state=new', 'cursor=xyz', 'limit=0', 'label=x']) {
      expect(await refused(world.ask('GET', `/api/sessions?${query}`, { key }))).toEqual([400, 'invalid_request']);
    }
    const shown = await world.ask('GET', `/api/sessions/${ids[1]}`, { key });
    const headers = { 'if-none-match': shown.headers.get('etag') ?? '' };
    expect((await world.ask('GET', `/api/sessions/${ids[1]}`, { key, headers })).status).toBe(304);
    await world.runner(ids[1] ?? '').run();
    expect((await world.ask('GET', `/api/sessions/${ids[1]}`, { key, headers })).status).toBe(200);
  });

  test('waits for ready and exited, and says when it was not long enough', async () => {
    const { id } = await world.create();
    const path = `/api/sessions/${id}/wait`;
    expect((await world.ask('GET', `${path}?until=ready&timeout=0`)).status).toBe(202);
    const ready = world.ask('GET', `${path}?until=ready`);
    const exited = world.ask('GET', path);
    await world.runner(id).run();
    expect((await ready).status).toBe(200);
    const runner = world.runner(id, (await world.row(id)).runnerEpoch ?? '');
    await runner.exit({ code: 0 });
    expect(await (await exited).json()).toMatchObject({ exit: { reason: 'ok', code: 0 } });
    expect(await refused(world.ask('GET', `${path}?until=tomorrow`))).toEqual([400, 'invalid_request']);
    const newest = async (): Promise<string> => (await world.store.listSessions({ limit: 1 }))[0]?.id ?? '';
    await world.clock.advance(1);
    const waited = post({ ...command, wait: 'ready' });
    let newestId = id;
    while (newestId === id) {
      const changed = world.store.changed(undefined, { timeoutMs: 1000 });
      newestId = await newest();
      if (newestId === id) await changed;
    }
    await world.settle();
    await world.runner(newestId).run();
    expect(await (await waited).json()).toMatchObject({ sessionId: newestId, wsUrl: `/ws/${newestId}` });
  });

  test('tells what happens as a stream that can be taken up again, and ends it with the session', async () => {
    const id = await running();
    const headers = { accept: 'text/event-stream' };
    const events = await world.ask('GET', `/api/sessions/${id}/events`, { headers });
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    const text = new TextDecoder();
    let told = '';
    while (!told.includes('event: running')) told += text.decode((await reader.read()).value);
    await world.runner(id, (await world.row(id)).runnerEpoch ?? '').exit();
    for (let part = await reader.read(); !part.done; part = await reader.read()) told += text.decode(part.value);
    const kinds = [...told.matchAll(/^event: (.*)$/gm)].map(([, kind]) => kind);
    expect(kinds).toEqual(['created', 'queued', 'starting', 'claimed', 'running', 'exited', 'archived']);
    const ids = [...told.matchAll(/^id: (.*)$/gm)].map(([, number]) => number);
    const rest = await world.ask('GET', `/api/sessions/${id}/events`, {
      headers: { ...headers, 'last-event-id': ids[4] ?? '' },
    });
    expect([...(await rest.text()).matchAll(/^event: (.*)$/gm)].map(([, kind]) => kind)).toEqual([
      'exited',
      'archived',
    ]);
    const none = await world.ask('GET', `/api/sessions/${id}/events`, {
      headers: { ...headers, 'last-event-id': ids.at(-1) ?? '' },
    });
    expect(none.status).toBe(204);
    const page = (await (await world.ask('GET', `/api/sessions/${id}/events?after=${ids[5]}`)).json()) as {
      events: SessionEvent[];
    };
    expect(page.events.map(({ kind }) => kind)).toEqual(['archived']);
  });

  test('shares a session by more links, and takes a viewer’s leave away', async () => {
    const id = await running();
    const path = `/api/sessions/${id}`;
    const shared = await world.ask('POST', `${path}/tickets`, { body: { role: 'view', ttl_seconds: 60 } });
    const answer = (await shared.json()) as ShareAnswer;
    expect(shared.status).toBe(201);
    expect(answer.terminalUrl).toBe(`https://sessions.example.com/ws/${id}#t=${answer.token}`);
    for (const body of [{ role: 'root' }, { ttl_seconds: 301 }, { minutes: 1 }]) {
      expect(await refused(world.ask('POST', `${path}/tickets`, { body }))).toEqual([400, 'invalid_request']);
    }
    const nowMs = world.clock.nowMs();
    const grant = { id: 'g-1', tokenHash: 'a'.repeat(64), session: id, role: 'view', viewer: 'v-1' } as const;
    const times = {
      createdAt: nowMs,
      lastSeen: nowMs,
      idleUntil: nowMs + 1000,
      expiresAt: nowMs + 1000,
      revokedAt: null,
    };
    await world.store.addGrant({ ...grant, ...times, userAgent: 'Firefox' });
    const { grants } = (await (await world.ask('GET', `${path}/grants`)).json()) as { grants: object[] };
    expect(grants).toEqual([expect.objectContaining({ id: 'g-1', viewer: 'v-1', standing: 'good' })]);
    expect(JSON.stringify(grants)).not.toContain('aaaa');
    const runner = world.runner(id, (await world.row(id)).runnerEpoch ?? '');
    const wishes = runner.beat();
    expect((await world.ask('DELETE', `${path}/grants/g-1`)).status).toBe(204);
    expect(await wishes).toMatchObject({ seen: 1, revoked: ['v-1'] });
    expect(await refused(world.ask('DELETE', `${path}/grants/g-1`))).toEqual([404, 'not_found']);
  });

  test('stops what runs by way of its runner, and what has not begun at once', async () => {
    const id = await running();
    const runner = world.runner(id, (await world.row(id)).runnerEpoch ?? '');
    const wishes = runner.beat();
    expect((await world.ask('DELETE', `/api/sessions/${id}?grace=3`)).status).toBe(202);
    expect(await wishes).toMatchObject({ seen: 1, stop: { reason: 'cancelled', graceMs: 3000 } });
    expect((await world.ask('DELETE', `/api/sessions/${id}`)).status).toBe(202);
    expect((await runner.exit({ reason: 'cancelled', code: null, signal: 'SIGTERM' })).status).toBe(204);
    expect(await refused(world.ask('DELETE', `/api/sessions/${id}`))).toEqual([409, 'already_finished']);

    const early = await world.create();
    const late = world.runner(early.id);
    expect((await world.ask('DELETE', `/api/sessions/${early.id}`)).status).toBe(202);
    expect(await late.claim()).toBe(false);
    expect(await late.assignment()).toBeUndefined();
    expect(await world.row(early.id)).toMatchObject({ reason: 'cancelled', exit: { code: null, signal: null } });
    expect(world.cluster.removed).toContain(early.jobName);
  });

  test('hands what only a runner knows on to it, for this key and no more than it may', async () => {
    const id = await running();
    const path = `/api/sessions/${id}`;
    const keyId = ((await (await world.ask('GET', '/api/whoami')).json()) as { id: string }).id;
    relayed.length = 0;
    runnerAnswers = () => Response.json({ rows: [] }, { headers: { 'x-hawser-runner-proof': 'secret' } });
    for (const what of ['log?from=3&format=raw', 'screen?at=9', 'search?q=x', 'wait?pattern=done', 'files/a%20b/c']) {
      const answer = await world.ask('GET', `${path}/${what}`);
      expect([answer.status, answer.headers.get('x-hawser-runner-proof')]).toEqual([200, null]);
    }
    runnerAnswers = () => new Response(null, { status: 202 });
    for (const what of ['input', 'signal', 'resize']) {
      expect((await world.ask('POST', `${path}/${what}`, { body: { text: what } })).status).toBe(202);
    }
    runnerAnswers = () => new Response(null, { status: 204 });
    expect((await world.ask('PUT', `${path}/files/x`, { body: 'content' })).status).toBe(204);
    expect((await world.ask('DELETE', `${path}/files/x`)).status).toBe(204);
    expect(relayed.map(({ method, path: to, role, body }) => [method, to, role, body])).toEqual([
      ['GET', '/log?from=3&format=raw', 'view', ''],
      ['GET', '/screen?at=9', 'view', ''],
      ['GET', '/search?q=x', 'view', ''],
      ['GET', '/wait?pattern=done', 'view', ''],
      ['GET', '/files/a%20b/c', 'control', ''],
      ['POST', '/input', 'control', '{"text":"input"}'],
      ['POST', '/signal', 'control', '{"text":"signal"}'],
      ['POST', '/resize', 'control', '{"text":"resize"}'],
      ['PUT', '/files/x', 'control', 'content'],
      ['DELETE', '/files/x', 'control', ''],
    ]);
    expect(new Set(relayed.map(({ viewer }) => viewer))).toEqual(new Set([`key:${keyId}`]));
    runnerAnswers = () => {
      throw new SessionsError('HAWSER_SESSIONS_RUNNER_UNREACHABLE', 'The runner does not answer.');
    };
    expect(await refused(world.ask('GET', `${path}/log`))).toEqual([502, 'runner_unreachable']);
    const { id: early } = await world.create();
    expect(await refused(world.ask('POST', `/api/sessions/${early}/input`, { body: {} }))).toEqual([
      409,
      'not_running',
    ]);
  });

  test('serves its keys, its document, its health and its metrics to anybody, and knows no other path', async () => {
    const open = { key: null };
    expect(await (await world.ask('GET', '/.well-known/jwks.json', open)).json()).toEqual({
      keys: [{ kty: 'RSA', kid: 'one' }],
    });
    expect((await world.ask('GET', '/openapi.json', open)).headers.get('cache-control')).toBe('public, max-age=300');
    expect((await world.ask('GET', '/healthz', open)).status).toBe(200);
    expect(await (await world.ask('GET', '/readyz', open)).json()).toEqual({ ok: true, problems: [], warnings: [] });
    const metrics = await (await world.ask('GET', '/metrics', open)).text();
    expect(metrics).toMatch(/^hawser_sessions_created_total [1-9]/m);
    expect(metrics).toMatch(/^hawser_sessions_start_seconds_count\{phase="running"\} [1-9]/m);
    expect(metrics).toMatch(/^hawser_sessions_requests_total\{route="createSession",status="201"\} [1-9]/m);
    expect(await refused(world.ask('GET', '/api/nothing'))).toEqual([404, 'not_found']);
    const answer = await world.ask('PUT', '/api/sessions');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, GET']);
    expect(await refused(world.ask('GET', '/api/sessions/not-a-uuid'))).toEqual([404, 'not_found']);
    expect((await world.ask('HEAD', '/healthz', open)).status).toBe(200);
  });
});
