import { describe, expect, test } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { openHub } from '../../src/hub/open.js';
import type { Hub } from '../../src/hub/types.js';
import { FastClock, failureOf } from '../support/hub.js';
import { serve } from '../support/scripted-hub.js';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A server that redirects by path, and answers `{"stage":"RUNNING"}` where no redirect leads on. */
async function redirecting(
  to: (path: string) => readonly [number, string] | undefined,
): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const { url } = await serve(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { authorization } = request.headers;
    seen.push({ method: request.method, url: request.url, authorization, body });
    const next = to(request.url ?? '');
    if (next) response.writeHead(next[0], { location: next[1] }).end();
    else response.end('{"stage":"RUNNING"}');
  });
  return { url, seen };
}

const hubAt = (endpoint: string): Hub => openHub({ endpoint, token: 'hf_planted', clock: new FastClock() });
const json = '{"key":"A","value":"1"}';

describe('a redirect', () => {
  test.each([
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', json],
    [308, 'POST', json],
  ])('by %s of a POST becomes a %s with the body %j', async (status, method, body) => {
    const hub = await redirecting((path) => (path === '/next' ? undefined : [status, '/next']));
    await hubAt(hub.url).setVariable('a/b', 'A', '1');
    expect(hub.seen).toEqual([
      { method: 'POST', url: '/api/spaces/a/b/variables', authorization: 'Bearer hf_planted', body: json },
      { method, url: '/next', authorization: 'Bearer hf_planted', body },
    ]);
  });

  test('that leads away and back again does not bring the token back', async () => {
    let away = '';
    const hub = await redirecting((path) => (path === '/back' ? undefined : [307, away]));
    const elsewhere = await redirecting(() => [307, `${hub.url}/back`]);
    away = `${elsewhere.url}/away`;
    expect(await hubAt(hub.url).runtime('a/b')).toMatchObject({ stage: 'RUNNING' });
    expect(elsewhere.seen.map(({ url, authorization }) => [url, authorization])).toEqual([['/away', undefined]]);
    expect(hub.seen.at(-1)).toMatchObject({ url: '/back', authorization: undefined });
  });

  test.each([
    ['to itself for ever', '/api/spaces/a/b/runtime'],
    ['to what is no address', 'http://['],
    ['to another protocol', 'ftp://hub.test/'],
  ])('%s is an error', async (_what, location) => {
    const hub = await redirecting(() => [302, location]);
    const error = await failureOf(hubAt(hub.url).runtime('a/b'));
    expect(error).toMatchObject({ code: 'HAWSER_HF_ENDPOINT_UNREACHABLE', exitCode: 1 });
    expect(hub.seen.length).toBeLessThanOrEqual(5 * 21);
  });

  test('without an address is a refusal', async () => {
    const { url } = await serve((_request, response) => response.writeHead(304).end());
    expect(await failureOf(hubAt(url).runtime('a/b'))).toMatchObject({ details: { status: 304 } });
  });
});
