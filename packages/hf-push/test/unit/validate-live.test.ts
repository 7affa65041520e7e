import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { validateLive } from '../../src/validate/live.js';

type Answers = Readonly<
  Record<string, { readonly status?: number; readonly body?: unknown; readonly hang?: boolean } | undefined>
>;

const good = {
  '/openapi.json': {
    body: { info: { version: '1.2.3' }, paths: { '/reset': {}, '/step': {}, '/state': {}, '/health': {} } },
  },
  '/health': { body: { status: 'healthy' } },
  '/metadata': { body: { name: 'x', description: 'y' } },
  '/schema': { body: { action: {}, observation: {}, state: {} } },
  '/mcp': { body: { jsonrpc: '2.0', error: {} } },
};

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server) await once(server, 'close');
  server = undefined;
});

async function serve(answers: Answers): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    const answer = answers[request.url ?? ''];
    if (answer?.hang) return;
    response.statusCode = answer ? (answer.status ?? 200) : 404;
    response.end(typeof answer?.body === 'string' ? answer.body : JSON.stringify(answer?.body ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const rules = ['live/openapi', 'live/health', 'live/metadata', 'live/schema', 'live/mcp', 'live/mode'];

describe('a server that runs', () => {
  test('meets the six criteria', async () => {
    const { url, seen } = await serve(good);
    expect(await validateLive(`${url}/`, { token: 'hf_x' })).toEqual({
      url,
      passed: true,
      mode: 'simulation',
      version: '1.2.3',
      criteria: rules.map((rule) => ({ rule, passed: true })),
      findings: [],
    });
    expect(seen.toSorted()).toEqual([
      'GET /health Bearer hf_x',
      'GET /metadata Bearer hf_x',
      'GET /openapi.json Bearer hf_x',
      'GET /schema Bearer hf_x',
      'POST /mcp Bearer hf_x',
    ]);
  });

  test('in production mode serves none of the simulation', async () => {
    const { url } = await serve({
      ...good,
      '/openapi.json': { body: { info: { version: '1' }, paths: { '/mcp': {} } } },
    });
    expect(await validateLive(url.replace('http://', ''))).toMatchObject({ passed: true, mode: 'production' });
  });

  test.each([
    ['live/openapi', { '/openapi.json': { body: { info: {}, paths: good['/openapi.json'].body.paths } } }],
    ['live/health', { '/health': { body: { status: 'ill' } } }],
    ['live/health', { '/health': { status: 503, body: { status: 'healthy' } } }],
    ['live/metadata', { '/metadata': { body: { name: 'x' } } }],
    ['live/schema', { '/schema': { body: { action: {}, observation: {} } } }],
    ['live/schema', { '/schema': { body: { action: [], observation: {}, state: {} } } }],
    ['live/mcp', { '/mcp': undefined }],
    ['live/mcp', { '/mcp': { body: 'no json' } }],
    ['live/mode', { '/openapi.json': { body: { info: { version: '1' }, paths: { '/reset': {} } } } }],
    ['live/mode', { '/openapi.json': { body: { info: { version: '1' } } } }],
    ['live/mode', { '/openapi.json': { body: { info: { version: '1' }, paths: { '/step': {} } } } }],
    ['live/health', { '/health': { body: 'x'.repeat(5 << 20) } }],
  ] satisfies readonly (readonly [string, Answers])[])('fails %s: %j', async (rule, changes) => {
    const { url } = await serve({ ...good, ...changes });
    const report = await validateLive(url);
    expect(report.passed).toBe(false);
    expect(report.findings).toMatchObject([{ rule, severity: 'error' }]);
  });

  test('one that hangs, and one that is not there, fail with the reason', async () => {
    const { url } = await serve({ ...good, '/health': { hang: true } });
    const report = await validateLive(url, { timeoutMs: 300 });
    expect(report.findings).toMatchObject([
      { rule: 'live/health', message: expect.stringContaining('no answer within 300 ms') },
    ]);
    const gone = await validateLive('http://127.0.0.1:9');
    expect(gone.findings.map(({ rule }) => rule)).toEqual(rules);
  });

  test.each(['', 'ftp://x', 'http://', 'a b'])('%j is no address', async (url) => {
    await expect(validateLive(url)).rejects.toMatchObject({ code: 'HAWSER_HF_BAD_INPUT', exitCode: 2 });
  });

  test('looking stops when it is told to', async () => {
    const { url } = await serve({ ...good, '/health': { hang: true } });
    await expect(validateLive(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
