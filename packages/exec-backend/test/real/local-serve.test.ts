import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request as ask } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ExecutionStarted, LogEvent, LogPage } from '@hawser/exec-client/contract';
import { serveBackend } from '../../src/entries/node-http.js';
import { openService, textOf, type LocalService } from '../support/local-service.js';

let service: LocalService;
beforeEach(async () => void (service = await openService()));
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

/** What a browser cannot be kept from sending: any Host, any Origin. */
async function raw(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage & { body: string }> {
  const asked = ask(`${url}/health`, { headers, agent: false });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  return Object.assign(answer, { body });
}

describe('a local backend on a port', () => {
  test('is on loopback, answers to its address alone, and tells no page of a browser anything', async () => {
    await using served = await serveBackend({ backend: service.backend });
    const { port, hostname } = new URL(served.url);
    expect(hostname).toBe('127.0.0.1');
    const own = await raw(served.url, { host: `localhost:${port}`, origin: 'http://evil.example' });
    expect({ status: own.statusCode, cors: own.headers['access-control-allow-origin'] }).toEqual({
      status: 200,
      cors: undefined,
    });
    const rebound = await raw(served.url, { host: `evil.example:${port}` });
    expect({ status: rebound.statusCode, body: rebound.body }).toMatchObject({
      status: 421,
      body: expect.stringContaining('evil.example'),
    });
    expect((await fetch(`${served.url}/executions`)).status).toBe(401);
    await using named = await serveBackend({ backend: service.backend, allowedHosts: ['hawser.internal'] });
    expect((await raw(named.url, { host: 'hawser.internal' })).statusCode).toBe(200);
    await expect(serveBackend({ backend: service.backend, port: Number(port) })).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_BAD_INPUT',
      message: expect.stringContaining(port),
    });
  });

  test('a follower goes on behind a restart, with no line lost or said twice', async () => {
    const headers = { 'x-api-key': service.backend.apiKey, 'content-type': 'application/json' };
    let served = await serveBackend({ backend: service.backend });
    const body = JSON.stringify({
      no_repo: true,
      isolation: 'process',
      command: 'i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.02; done',
    });
    const started = (await (
      await fetch(`${served.url}/executions`, { method: 'POST', headers, body })
    ).json()) as ExecutionStarted;
    const events: LogEvent[] = [];
    let cursor = '';
    let restarts = 0;
    for (;;) {
      const url = `${served.url}/executions/${started.execution_id}/logs?wait=1&limit=5&cursor=${encodeURIComponent(cursor)}`;
      const page = (await (await fetch(url, { headers })).json()) as LogPage;
      events.push(...page.events);
      cursor = page.cursor;
      if (page.done) break;
      if (events.length < 5 * (restarts + 1)) continue;
      await served.close();
      served = await serveBackend({ backend: service.backend });
      restarts += 1;
    }
    await served.close();
    expect(restarts).toBeGreaterThan(1);
    expect(textOf(events)).toBe(Array.from({ length: 40 }, (_none, index) => `${index}\n`).join(''));
  });

  test('closes while somebody waits: they get their answer, and the door is shut', async () => {
    let arrived = (): void => undefined;
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const served = await serveBackend({
      backend: {
        sweep: () => service.backend.sweep(),
        handle: (request) => {
          if (request.url.includes('wait=20')) arrived();
          return service.backend.handle(request);
        },
      },
    });
    const { execution_id: id } = await service.start({
      no_repo: true,
      isolation: 'process',
      command: 'echo begun; sleep 1005',
    });
    await service.until(id, (text) => text.includes('begun'));
    const headers = { 'x-api-key': service.backend.apiKey };
    const all = (await (await fetch(`${served.url}/executions/${id}/logs`, { headers })).json()) as LogPage;
    const waiting = fetch(`${served.url}/executions/${id}/logs?wait=20&cursor=${encodeURIComponent(all.cursor)}`, {
      headers,
    });
    await asked;
    await served.close();
    const page = (await (await waiting).json()) as LogPage;
    expect(page).toMatchObject({ events: [], done: false });
    await expect(fetch(`${served.url}/health`)).rejects.toMatchObject({ message: 'fetch failed' });
    await service.call('POST', `/executions/${id}/cancel`, { force: true });
    expect((await service.finish(id)).record).toMatchObject({ phase: 'cancelled', signal: 'SIGKILL' });
  });
});
