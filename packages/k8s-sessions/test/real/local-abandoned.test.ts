import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runLocalRunner } from '../../src/local/index.js';
import { patient } from '../../../../test/support/patience.js';
import { assignmentOf } from '../support/memory-control.js';

const session = '00000000-0000-4000-8000-000000000000';
const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };

let folder: string;
let run: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-abandoned-'));
  run = join(folder, 'run');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A run as the service of an address made it. */
function makeRun(url: string): void {
  mkdirSync(run, { recursive: true });
  const service = join(folder, 'service.json');
  writeFileSync(service, JSON.stringify({ url, pid: 0, start: '' }));
  writeFileSync(join(run, 'secret'), 'secret');
  writeFileSync(join(run, 'job.json'), JSON.stringify({ session, attempt: 1, jobName: 'job', service }));
}

/** A service that gives one command to run, and says when it runs. */
async function serveOnce(
  command: object,
): Promise<{ readonly url: string; readonly running: Promise<void>; readonly leave: () => void }> {
  let begin!: () => void;
  const running = new Promise<void>((resolve) => (begin = resolve));
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = (request.url ?? '').split('/').at(-1);
      const answers: Record<string, object> = { assignment: command, claim: { won: true }, beat: { seen: 0 } };
      const answer = answers[path ?? ''];
      response.writeHead(answer ? 200 : 204).end(answer && JSON.stringify(answer));
      if (path === 'phase' && Buffer.concat(parts).includes('"running"')) begin();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    running,
    leave: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** An address where nobody listens any more. */
async function deadUrl(): Promise<string> {
  const { url, leave } = await serveOnce({});
  leave();
  return url;
}

describe('a runner whose service is gone for good', () => {
  test('ends while it waits for work, when its folder is removed or nobody comes back in time', async () => {
    makeRun(await deadUrl());
    const forgotten = runLocalRunner({ folder: run, env, patienceMs: 50 });
    expect(await patient(forgotten, () => 'nobody came back, and it still waits')).toBe(0);
    const removed = runLocalRunner({ folder: run, env });
    rmSync(run, { recursive: true });
    expect(await patient(removed, () => 'its folder is gone, and it still waits')).toBe(0);
  });

  test('keeps a command that runs until its deadline, and ends behind it', async () => {
    const service = await serveOnce(assignmentOf({ session, command: 'exec sleep 600', deadlineMs: 3_000 }));
    makeRun(service.url);
    const status = runLocalRunner({ folder: run, env, patienceMs: 2_000 });
    await service.running;
    service.leave();
    rmSync(run, { recursive: true });
    // SIGTERM, at the deadline.
    expect(await patient(status, () => 'its command is over, and it still waits')).toBe(143);
  });

  test('that went on serving after its command ends too', async () => {
    const service = await serveOnce(assignmentOf({ session, command: 'exit 5', exitOnJob: false }));
    makeRun(service.url);
    const status = runLocalRunner({ folder: run, env, patienceMs: 2_000 });
    await service.running;
    service.leave();
    expect(await patient(status, () => 'nobody came back, and it still serves')).toBe(5);
  });
});
