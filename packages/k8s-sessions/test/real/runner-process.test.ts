import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { patient } from '../../../../test/support/patience.js';
import type { Assignment, RunnerControl } from '../../src/runner/index.js';
import { assignmentOf, memoryControl, type MemoryControl } from '../support/memory-control.js';

const program = fileURLToPath(new URL('../support/runner-program.mjs', import.meta.url));
const secret = 'planted-secret-of-the-attempt';

let folder: string;
let close: () => void = () => undefined;
let child: ChildProcess | undefined;
let said = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-runner-process-'));
  said = '';
});
afterEach(async () => {
  child?.kill('SIGKILL');
  close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the program against a controller in memory that is spoken to over HTTP. */
async function start(
  assignment: Assignment,
): Promise<{ readonly control: MemoryControl; readonly ended: Promise<unknown[]> }> {
  const control = memoryControl(assignment);
  const server = createServer((request, response) => {
    void (async () => {
      const hungUp = new AbortController();
      response.on('close', () => hungUp.abort());
      const answer = await answerOf(control, request, hungUp.signal).catch(() => undefined);
      response.writeHead(answer === undefined ? 204 : 200, { 'content-type': 'application/json' });
      response.end(answer === undefined ? '' : JSON.stringify(answer));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  child = spawn(process.execPath, [program, url, assignment.session, folder], {
    env: { PATH: process.env['PATH'], SECRET: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data: Buffer) => (said += data.toString()));
  return { control, ended: patient(once(child, 'exit'), () => `The runner does not end: ${said}`) };
}

async function answerOf(control: RunnerControl, request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const verb = request.url!.split('/').slice(5).join('/');
  const json = (): never => JSON.parse(body.toString()) as never;
  if (verb === 'assignment') return await control.assignment(json(), { signal });
  if (verb === 'claim') return { won: await control.claim('') };
  if (verb === 'phase') return await control.phase(json());
  if (verb === 'keyframes') return await control.keyframe(body);
  if (verb === 'exit') return await control.exit(json());
  if (verb === 'beat') return await control.beat(json(), { signal });
  return await control.segment(Number(verb.slice('segments/'.length)), body);
}

async function running(control: MemoryControl): Promise<void> {
  while (!control.phases.some(({ state }) => state === 'running')) await control.called();
}

test.each([
  ['exit 5', 5],
  ['kill -KILL $$', 137],
])('the process ends with the status of the command: %s', async (command, status) => {
  const { control, ended } = await start(assignmentOf({ command }));
  expect(await ended).toEqual([status, null]);
  expect(control.exits).toHaveLength(1);
  expect(said).toBe('');
});

test('SIGTERM to the process is a stop with a drain', async () => {
  const { control, ended } = await start(assignmentOf({ command: 'sleep 600' }));
  await running(control);
  child!.kill('SIGTERM');
  expect(await ended).toEqual([143, null]);
  expect(control.exits).toMatchObject([{ reason: 'evicted', signal: 'SIGTERM' }]);
});

test('what runs in it does not outlive a runner that is killed', async () => {
  const { control, ended } = await start(assignmentOf({ command: 'echo $$; exec sleep 600', logCapBytes: 1_000_000 }));
  await running(control);
  const pid = await commandOf(child!.pid!);
  child!.kill('SIGKILL');
  await ended;
  await patient(gone(pid), () => `Process ${pid} is still there.`);
});

/** The one child of a process, as soon as there is one (proc(5), `children`). */
async function commandOf(parent: number): Promise<number> {
  for (;;) {
    const [pid] = (await readFile(`/proc/${parent}/task/${parent}/children`, 'latin1')).trim().split(' ').map(Number);
    if (pid) return pid;
    await delay(5);
  }
}

/** Resolves when a process has ended, whether or not somebody took notice. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return;
    await delay(5);
  }
}
