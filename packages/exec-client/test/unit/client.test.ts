import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiErrorCode } from '../../src/contract/index.js';
import { createExecClient, type ExecClient } from '../../src/http/client.js';
import { ApiServer, type Asked } from '../support/api-server.js';
import { recordAt } from '../support/script.js';

const id = 'exec_20251025143210_abcdefghij';
const started = { execution_id: id, status: 'starting', phase: 'accepted', created_at: 'x', links: {} };
const key = { key_id: 'k', api_key: 'sk_live_new', name: 'n', scopes: ['run'], created_at: 'x' };
const grant = { session_id: 's', stream_url: 'wss://x', token: 't', sentinel: 'z' };

let server: ApiServer;
let client: ExecClient;
const retried: string[] = [];
let answer: (asked: Asked) => unknown;

beforeAll(async () => {
  server = await new ApiServer((question) => answer(question)).start();
  client = createExecClient({
    endpoint: server.url,
    apiKey: 'sk_live_planted',
    retry: { firstMs: 1, longestMs: 2 },
    onRetry: ({ code }) => retried.push(code),
  });
});

afterAll(() => server.stop());

/** What was asked, with one answer for all. */
async function asked(value: unknown, work: () => Promise<unknown>): Promise<readonly string[]> {
  answer = () => value;
  const from = server.asked.length;
  await work();
  return server.asked.slice(from).map(({ method, path, query, body }) => {
    const words = [method, path, ...(query.size > 0 ? [query.toString()] : [])];
    return [...words, ...(body === undefined ? [] : [JSON.stringify(body)])].join(' ');
  });
}

describe('the client', () => {
  test('asks for everything as the service names it', async () => {
    const one = (value: unknown, work: () => Promise<unknown>) => asked(value, work).then(([only]) => only);
    const request = { repo: 'https://x/y', command: 'z', execution_id: id };
    expect(await one(started, () => client.start(request))).toBe(`POST /executions ${JSON.stringify(request)}`);
    expect(await one(recordAt('running', 1), () => client.get(id))).toBe(`GET /executions/${id}`);
    expect(
      await one({ events: [], cursor: 'c', done: false }, () => client.logs(id, { cursor: 'a b', waitSeconds: 5 })),
    ).toBe(`GET /executions/${id}/logs cursor=a+b&wait=5`);
    expect(await one({}, () => client.cancel(id, { reason: 'no', force: true }))).toBe(
      `POST /executions/${id}/cancel {"reason":"no","force":true}`,
    );
    expect(await one(grant, () => client.attach(id, { columns: 80, rows: 24 }))).toBe(
      `POST /executions/${id}/attach {"cols":80,"rows":24}`,
    );
    expect(await one(started, () => client.rerun(id, { execution_id: id }))).toBe(
      `POST /executions/${id}/rerun {"execution_id":"${id}"}`,
    );
    expect(await one({}, () => client.receipt(id))).toBe(`GET /executions/${id}/receipt`);
    expect(await one({ locks: [] }, () => client.locks.list())).toBe('GET /locks');
    expect(await one({}, () => client.locks.release('auto:a/b#c:d'))).toBe(
      'DELETE /locks name=auto%3Aa%2Fb%23c%3Ad&force=true',
    );
    expect(await one({ secrets: [] }, () => client.secrets.list())).toBe('GET /secrets');
    expect(await one({ name: 'a' }, () => client.secrets.set('a', 'v'))).toBe('POST /secrets {"name":"a","value":"v"}');
    expect(await one({}, () => client.secrets.remove('git/github.com'))).toBe('DELETE /secrets name=git%2Fgithub.com');
    expect(await one({ keys: [] }, () => client.keys.list())).toBe('GET /keys');
    expect(await one(key, () => client.keys.create({ name: 'n', scopes: ['run'] }))).toBe(
      'POST /keys {"name":"n","scopes":["run"]}',
    );
    expect(await one(key, () => client.keys.rotate('k', { overlapSeconds: 60 }))).toBe(
      'POST /keys/k/rotate {"overlap_seconds":60}',
    );
    expect(await one({}, () => client.keys.revoke('k/../x'))).toBe('DELETE /keys/k%2F..%2Fx');
    expect(await one({ scopes: [] }, () => client.whoami())).toBe('GET /whoami');
    expect(await one({ ok: true, version: '1' }, () => client.health())).toBe('GET /health');
    expect(server.asked.every(({ headers }) => headers['x-api-key'] === 'sk_live_planted')).toBe(true);
  });

  test('starts once however often the answer gets lost: every question has the same id', async () => {
    server.faults.push({ kind: 'cut', afterBytes: 20 }, { kind: 'status', status: 503 }, { kind: 'garble', body: '<' });
    answer = () => started;
    const from = server.asked.length;
    await client.start({ no_repo: true, command: 'x' });
    const bodies = server.asked.slice(from).map(({ body }) => (body as { execution_id: string }).execution_id);
    expect(bodies).toHaveLength(4);
    expect(retried.splice(0)).toEqual([
      'HAWSER_EXEC_UNREACHABLE',
      'HAWSER_EXEC_SERVICE_FAILED',
      'HAWSER_EXEC_PROTOCOL',
    ]);
    expect(bodies[0]).toMatch(/^exec_\d{14}_[a-z2-7]{10}$/);
    expect(new Set(bodies).size).toBe(1);
  });

  test('asks once for what must not happen twice, unless the service did nothing', async () => {
    answer = () => key;
    const make = () => client.keys.create({ name: 'n', scopes: [] });
    const from = server.asked.length;
    server.faults.push({ kind: 'cut', afterBytes: 20 });
    await expect(make()).rejects.toMatchObject({ code: 'HAWSER_EXEC_UNREACHABLE' });
    server.faults.push({ kind: 'status', status: 503 });
    await expect(make()).rejects.toMatchObject({ code: 'HAWSER_EXEC_SERVICE_FAILED', exitCode: 1 });
    server.faults.push({ kind: 'status', status: 429, headers: { 'retry-after': '0' } });
    await expect(make()).resolves.toMatchObject({ key_id: 'k' });
    expect(server.asked.length - from).toBe(4);
  });

  test.each<[ApiErrorCode, number, string, 1 | 2]>([
    ['invalid_request', 400, 'HAWSER_EXEC_REFUSED', 2],
    ['unauthorized', 401, 'HAWSER_EXEC_UNAUTHORIZED', 1],
    ['forbidden', 403, 'HAWSER_EXEC_FORBIDDEN', 1],
    ['not_found', 404, 'HAWSER_EXEC_NOT_FOUND', 2],
    ['lock_held', 409, 'HAWSER_EXEC_LOCK_HELD', 1],
    ['already_terminal', 409, 'HAWSER_EXEC_CONFLICT', 1],
    ['secret_missing', 422, 'HAWSER_EXEC_REFUSED', 2],
    ['capacity', 503, 'HAWSER_EXEC_BUSY', 1],
    ['internal', 500, 'HAWSER_EXEC_SERVICE_FAILED', 1],
  ])('says %s in its own words', async (code, status, ours, exitCode) => {
    const body = { error: 'So it is', code, request_id: 'r', retryable: false, details: { since: 'now' } };
    server.faults.push({ kind: 'status', status, body });
    await expect(client.get(id)).rejects.toMatchObject({
      name: 'ExecError',
      code: ours,
      exitCode,
      message: 'So it is.',
      details: { since: 'now', status, service_code: code, request_id: 'r' },
    });
  });

  test('says when something else than an execution service answers', async () => {
    const once = createExecClient({ endpoint: server.url, retry: { giveUpAfterMs: 0 }, backendName: 'prod' });
    server.faults.push({ kind: 'garble', body: '<html>' });
    await expect(once.whoami()).rejects.toMatchObject({ code: 'HAWSER_EXEC_PROTOCOL' });
    server.faults.push({ kind: 'status', status: 404, body: { message: 'Missing' } });
    await expect(once.whoami()).rejects.toThrow('prod answered 404 Not Found, and not in the words');
    server.faults.push({ kind: 'status', status: 403, body: { message: 'Forbidden' } });
    await expect(once.whoami()).rejects.toMatchObject({ code: 'HAWSER_EXEC_FORBIDDEN' });
  });

  test('follows no redirection: the key would go along', async () => {
    server.faults.push({ kind: 'status', status: 302, headers: { location: 'http://localhost:9/' } });
    await expect(client.whoami()).rejects.toMatchObject({ code: 'HAWSER_EXEC_PROTOCOL' });
  });

  test('takes no address where the key could be read on the way, and no key with a line end', () => {
    const bad = { code: 'HAWSER_EXEC_BAD_INPUT' };
    const thrown = (options: { endpoint: string; apiKey?: string }): unknown => {
      try {
        return createExecClient(options);
      } catch (error) {
        return error;
      }
    };
    expect(thrown({ endpoint: 'http://example.com' })).toMatchObject(bad);
    expect(thrown({ endpoint: 'example.com' })).toMatchObject(bad);
    expect(thrown({ endpoint: 'http://[::1]:1', apiKey: 'a\r\nb' })).toMatchObject(bad);
    expect(thrown({ endpoint: 'https://example.com', apiKey: 'a' })).toMatchObject({ start: expect.any(Function) });
  });

  test('speaks to a service of its own process without a socket', async () => {
    const handled: string[] = [];
    const inside = createExecClient({
      endpoint: 'http://localhost',
      fetch: async (request) => {
        handled.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
        return Response.json(started, { status: 201 });
      },
    });
    await inside.start({ execution_id: id, no_repo: true, argv: ['x'] });
    expect(handled).toEqual([`POST /executions {"execution_id":"${id}","no_repo":true,"argv":["x"]}`]);
  });
});

describe('lists', () => {
  const ids = Array.from(
    { length: 250 },
    (_, n) =>
      `exec_20251025143210_${String(n)
        .padStart(8, 'a')
        .replaceAll(/[0189]/g, 'z')}`,
  );
  const pages = ({ query }: Asked): unknown => {
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit'));
    const executions = ids.slice(from, to).map((each) => recordAt('running', 1, each));
    return { executions, ...(to < ids.length && { cursor: String(to) }) };
  };

  test('are read page by page, as far as they are wanted', async () => {
    answer = pages;
    const all: string[] = [];
    for await (const { execution_id } of client.list({ label: 'a=b', status: 'failed' })) all.push(execution_id);
    expect(all).toEqual(ids);
    expect(server.asked.at(-1)?.query.get('label')).toBe('a=b');
    const from = server.asked.length;
    const some: string[] = [];
    for await (const { execution_id } of client.list({ limit: 120 })) some.push(execution_id);
    expect(some).toEqual(ids.slice(0, 120));
    expect(server.asked.slice(from).map(({ query }) => query.get('limit'))).toEqual(['100', '20']);
  });

  test('find the one id that begins as given', async () => {
    answer = ({ query }) => ({
      executions: query.has('cursor')
        ? []
        : [
            recordAt('running', 1, 'exec_1_abc'),
            recordAt('running', 1, 'exec_2_abc'),
            recordAt('running', 1, 'exec_2_abd'),
          ],
    });
    expect(await client.find(id)).toBe(id);
    expect(await client.find('exec_1')).toBe('exec_1_abc');
    expect(await client.find('1')).toBe('exec_1_abc');
    await expect(client.find('exec_2')).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BAD_INPUT',
      details: { ids: ['exec_2_abc', 'exec_2_abd'] },
    });
    await expect(client.find('exec_3')).rejects.toMatchObject({ code: 'HAWSER_EXEC_NOT_FOUND' });
    await expect(client.find('../x')).rejects.toMatchObject({ code: 'HAWSER_EXEC_NOT_FOUND' });
  });
});
