import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpControl, type RunnerBeat, type RunnerControl, type RunnerSelf } from '../../src/runner/index.js';
import { untilDone } from '../../src/runner/retry.js';
import { assignmentOf } from '../support/memory-control.js';

interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly epoch: unknown;
  readonly body: Buffer;
}

const asked: Asked[] = [];
let answers: { readonly status: number; readonly body?: unknown; readonly type?: string }[] = [];
const server = createServer((request, response) => {
  void bodyOf(request).then((body) => {
    const { method, url, headers } = request;
    asked.push({
      line: `${method} ${url}`,
      authorization: headers.authorization,
      epoch: headers['x-hawser-epoch'],
      body,
    });
    const { status, body: answer, type = 'application/problem+json' } = answers.shift() ?? { status: 204 };
    response.writeHead(status, { 'content-type': type }).end(answer === undefined ? '' : JSON.stringify(answer));
  });
});
let control: RunnerControl;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const self: RunnerSelf = { epoch: 'e1', address: '10.0.0.1', port: 7681 };
const beat: RunnerBeat = { state: 'running', head: 1, lines: 1, viewers: 0, idleMs: 0, seen: 0 };
const { signal } = new AbortController();

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  control = httpControl({ url: `http://127.0.0.1:${port}/`, session: 's1', attempt: 2, secret: 'sss' });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('what a runner says to the controller', () => {
  test('is asked and answered as the table says', async () => {
    answers = [
      { status: 202 },
      { status: 200, body: assignmentOf({ command: 'x' }) },
      { status: 200, body: { won: false } },
      { status: 204 },
      { status: 204 },
      { status: 204 },
      { status: 200, body: { seen: 3, revoked: ['v'] } },
      { status: 204 },
    ];
    expect(await control.assignment(self, { signal })).toMatchObject({ command: 'x' });
    expect(await control.claim('e1')).toBe(false);
    await control.phase({ state: 'running', detail: null });
    await control.segment(7, Buffer.from('packed'));
    await control.keyframe(Buffer.from('frame'));
    expect(await control.beat(beat, { signal })).toEqual({ seen: 3, revoked: ['v'] });
    await control.exit({ code: 5 } as Parameters<RunnerControl['exit']>[0]);
    const base = '/internal/runner/s1/2';
    expect(asked.map(({ line }) => line)).toEqual([
      `POST ${base}/assignment`,
      `POST ${base}/assignment`,
      `POST ${base}/claim`,
      `POST ${base}/phase`,
      `PUT ${base}/segments/7`,
      `PUT ${base}/keyframes`,
      `POST ${base}/beat`,
      `POST ${base}/exit`,
    ]);
    for (const { authorization, epoch } of asked)
      expect({ authorization, epoch }).toEqual({ authorization: 'Bearer sss', epoch: 'e1' });
    expect(JSON.parse(asked[2]!.body.toString())).toEqual(self);
    expect(asked[4]!.body.toString()).toBe('packed');
    answers = [{ status: 204 }];
    expect(await control.assignment(self, { signal })).toBeUndefined();
  });

  test.each([429, 500, 503])('%i is tried again', async (status) => {
    answers = [{ status }, { status }, { status: 204 }];
    await expect(control.phase({ state: 'running', detail: null })).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_SERVICE_UNREACHABLE',
    });
    await untilDone(async () => control.phase({ state: 'running', detail: null }), signal);
    expect(answers).toEqual([]);
  });

  test.each([401, 404, 409, 413])('%i is not', async (status) => {
    answers = [{ status }];
    await expect(untilDone(async () => control.segment(1, Buffer.alloc(1)), signal)).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_REFUSED',
    });
  });

  test('a refusal of somebody else at its address is none', async () => {
    answers = [{ status: 404, type: 'text/html' }, { status: 204 }];
    await untilDone(async () => control.phase({ state: 'running', detail: null }), signal);
    expect(answers).toEqual([]);
  });

  test('a controller that is not there is unreachable, and the secret is in no error', async () => {
    const nobody = httpControl({ url: 'http://127.0.0.1:1', session: 's1', attempt: 2, secret: 'planted-secret' });
    const failed = await nobody.phase({ state: 'running', detail: null }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'HAWSER_SESSIONS_SERVICE_UNREACHABLE' });
    expect(JSON.stringify(failed, Object.getOwnPropertyNames(failed))).not.toContain('planted-secret');
  });
});
