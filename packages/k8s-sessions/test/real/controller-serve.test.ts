import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { createSessionsClient } from '../../src/client/index.js';
import { openApiDocument } from '../../src/controller/openapi/document.js';
import { routes } from '../../src/controller/route-table.js';
import { serveController } from '../../src/controller/index.js';
import type { ServedController } from '../../src/controller/index.js';
import { httpControl } from '../../src/runner/http-control.js';
import { openWorld, runnerExit } from '../support/controller-world.js';
import type { World } from '../support/controller-world.js';

describe('a controller on its ports', () => {
  let world: World;
  let served: ServedController;
  let onWait: (session: string | undefined) => void = () => undefined;
  beforeAll(async () => {
    world = await openWorld({
      wrapStore: (store) => {
        const changed = store.changed.bind(store);
        const told: typeof store.changed = (session, options) => {
          onWait(session);
          return changed(session, options);
        };
        return Object.assign(store, { changed: told });
      },
    });
    world.controller.start();
    served = await serveController({ controller: world.controller });
  });
  afterAll(async () => {
    await served.close();
    await world[Symbol.asyncDispose]();
  });

  test('takes a session from our client, and has it run by our runner’s end of the control channel', async () => {
    const client = createSessionsClient({ url: served.url, apiKey: await world.key() });
    const { sessionId: session, terminalUrl, token } = await client.create({ command: 'date', prompt: 'p' });
    // Whoever asks by an address gets a link with the same address.
    expect(terminalUrl).toBe(`${served.url}/ws/${session}#t=${token}`);
    await world.settle();
    const { attempt, secret } = [...world.cluster.jobs.values()][0] ?? { attempt: 0, secret: '' };
    const control = httpControl({ url: served.internalUrl, session, attempt, secret });
    const self = { epoch: 'cd'.repeat(16), address: '127.0.0.1', port: 7681 };
    const { signal } = new AbortController();
    expect(await control.assignment(self, { signal })).toMatchObject({ command: 'date', prompt: 'p' });
    expect(await control.claim(self.epoch)).toBe(true);
    expect(await world.row(session)).toMatchObject({ address: '127.0.0.1', port: 7681 });
    await control.phase({ state: 'running', detail: null });
    const beat = { state: 'running', head: 0, lines: 0, viewers: 2, idleMs: 0, seen: 0 } as const;
    const wishes = control.beat(beat, { signal });
    await client.stop(session, { graceSeconds: 1 });
    expect(await wishes).toMatchObject({ stop: { reason: 'cancelled', graceMs: 1000 } });
    expect((await client.get(session)).viewers).toBe(2);
    await control.exit(runnerExit({ reason: 'cancelled', code: null, signal: 'SIGTERM' }));
    expect(await client.wait(session)).toMatchObject({ exit: { reason: 'cancelled', signal: 'SIGTERM' } });
    const stranger = httpControl({ url: served.internalUrl, session, attempt, secret: 'wrong' });
    await expect(stranger.claim(self.epoch)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_REFUSED' });
  });

  test('answers what is no proper request, serves nothing of runners to people, and says which port is taken', async () => {
    const status = await new Promise((resolve) => {
      const { port } = new URL(served.url);
      httpRequest({ port, host: '127.0.0.1', method: 'TRACE', path: '/api' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
    expect(status).toBe(400);
    expect((await fetch(`${served.url}/internal/runner/x/1/claim`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${served.internalUrl}/api/sessions`)).status).toBe(404);
    expect((await fetch(`${served.internalUrl}/metrics`)).status).toBe(200);
    const port = Number(new URL(served.url).port);
    await expect(serveController({ controller: world.controller, port })).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_BAD_INPUT',
    });
  });

  test('lets go of whoever only waits when it closes', async () => {
    const { id } = await world.create();
    const { id: other } = await world.create();
    const headers = { authorization: `Bearer ${await world.key()}`, accept: 'text/event-stream' };
    const stream = await fetch(`${served.url}/api/sessions/${id}/events`, { headers });
    const isWaiting = new Promise<void>((resolve) => (onWait = (session) => session === other && resolve()));
    const waiting = fetch(`${served.url}/api/sessions/${other}/wait`, { headers });
    await isWaiting;
    await served.close();
    expect((await waiting).status).toBe(202);
    expect(await stream.text()).toContain('event: created');
  });
});

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3') as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly operationId: string; readonly security: readonly object[] }>>>
    >;
  };

  test('has every route, and who may ask it', () => {
    const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(described.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(routes).toSorted());
    for (const { operationId, security } of described) {
      expect(security).toHaveLength(routes[operationId as keyof typeof routes][2] === 'open' ? 0 : 1);
    }
  });

  describeReal('moto', (path) => {
    test('is valid by openapi-spec-validator, which comes with moto', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'hawser-openapi-'));
      const file = join(folder, 'openapi.json');
      await writeFile(file, JSON.stringify(document));
      const python = join(dirname(path('moto')), 'python');
      const { stdout, stderr, status } = spawnSync(python, ['-m', 'openapi_spec_validator', file], {
        encoding: 'utf8',
      });
      expect(`${stdout}${stderr}`).toMatch(/OK/);
      expect(status).toBe(0);
      await rm(folder, { recursive: true });
    });
  });
});
