import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { acquireLock } from '@hawser/state-store/files';
import { currentProcess, livenessOf, type ProcessIdentity } from '@hawser/state-store/process';
import { GitHttpServer, makeRepository } from '../../../../test/support/git-server.js';
import { processesOf } from '../../src/local/processes.js';
import { createLogReader } from '../../src/logs/reader.js';
import { nameOf } from '../../src/stores/row-names.js';
import { openService, type LocalService } from '../support/local-service.js';

let service: LocalService;
beforeEach(async () => void (service = await openService()));
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

const identityFile = (id: string): string => join(service.folder, 'runs', id, '1', 'supervisor.json');

async function supervisorOf(id: string): Promise<ProcessIdentity> {
  while (!existsSync(identityFile(id))) await new Promise((resolve) => setTimeout(resolve, 5));
  return JSON.parse(readFileSync(identityFile(id), 'utf8')) as ProcessIdentity;
}

async function killSupervisor(id: string): Promise<void> {
  const identity = await supervisorOf(id);
  process.kill(identity.pid, 'SIGKILL');
  while ((await livenessOf(identity)).state !== 'dead') await new Promise((resolve) => setTimeout(resolve, 5));
}

const sleeper = 'echo begun; setsid sleep 1003 & sleep 1004';

describe('a supervisor that is killed with -9', () => {
  test('before it said so: the execution never ran, and that is said', async () => {
    const broken = await openService({ supervisor: ['/bin/sh', '-c', 'echo no such module >&2; exit 3'] });
    try {
      const { execution_id: id } = await broken.start({ no_repo: true, command: 'true', retries: 0 });
      let record: ExecutionRecord;
      do {
        await broken.backend.sweep();
        record = await broken.show(id);
      } while (record.phase === 'provisioning');
      expect(record).toMatchObject({ phase: 'error', reason_code: 'no_capacity' });
      expect(record.reason).toContain('no such module');
    } finally {
      await broken[Symbol.asyncDispose]();
    }
  });

  test('while it clones: the execution never ran, and git is gone too', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hawser-git-'));
    makeRepository({ path: join(root, 'project.git') });
    const server = await GitHttpServer.start({ root });
    try {
      let release = (): void => undefined;
      server.fault = { hold: new Promise<void>((resolve) => (release = resolve)) };
      const { execution_id: id } = await service.start({
        repo: server.url('project.git'),
        command: 'true',
        retries: 0,
      });
      await service.until(id, (text, record) => record.phase === 'preparing' && processesOf(id).length > 0);
      await killSupervisor(id);
      const { record, complete } = await service.finish(id);
      expect(record).toMatchObject({ phase: 'error', reason_code: 'lost', attempt: 1 });
      expect(complete).toBe(true);
      expect(processesOf(id)).toEqual([]);
      release();
    } finally {
      await server[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    }
  });

  test.each(['process', 'sandbox'] as const)(
    'while the command runs (%s): it is lost, its processes are gone before the next has the lock',
    async (isolation) => {
      const { execution_id: id } = await service.start({ no_repo: true, command: sleeper, lock: 'one', isolation });
      await service.until(id, (text) => text.includes('begun'));
      const { execution_id: next } = await service.start({
        no_repo: true,
        isolation: 'process',
        lock: 'one',
        command: `{ for p in /proc/[0-9]*; do tr "\\0" "\\n" < $p/environ 2>/dev/null | grep -q HAWSER_EXEC_ID=${id} && echo alive; done; } 2>/dev/null; echo $HAWSER_EXEC_FENCE`,
      });
      expect(processesOf(id).length).toBeGreaterThan(0);
      await killSupervisor(id);
      const { complete, text } = await service.finish(id);
      // Whoever found it dead, this process or another, measures the log behind the end of the record.
      while ((await service.show(id)).log === undefined) await service.backend.sweep();
      expect({ record: await service.show(id), complete, text }).toMatchObject({
        record: { phase: 'lost', reason_code: 'lost', log: { complete: false } },
        complete: false,
        text: 'begun\n',
      });
      expect(processesOf(id)).toEqual([]);
      expect((await service.finish(next)).text).toBe('2\n');
      // What the killed one left is tidied up, and nothing of a run that is over stays.
      while (existsSync(join(service.folder, 'runs', id))) await service.backend.sweep();
    },
  );

  test('after the command ended and before it could say so: the end is known all the same', async () => {
    const { execution_id: held } = await service.start({
      no_repo: true,
      isolation: 'process',
      command: 'echo hi; while [ ! -e ../go ]; do sleep 0.02; done; exit 7',
    });
    await service.until(held, (text) => text.includes('hi'));
    // The row of the execution is held, so that nobody can write it.
    const lock = await acquireLock({
      path: join(service.folder, 'locks', nameOf(`EXEC/${held}`)),
      subject: 'a row',
      tool: 'test',
      timeoutMs: 60_000,
    });
    const run = dirname(identityFile(held));
    writeFileSync(join(run, 'work', 'go'), '');
    const facts = join(run, 'facts.json');
    while (!readFileSync(facts, 'utf8').includes('"stopped"')) await new Promise((resolve) => setTimeout(resolve, 5));
    await killSupervisor(held);
    lock.release();
    const { record, complete } = await service.finish(held);
    expect(record).toMatchObject({ phase: 'failed', exit_code: 7, log: { lines: 1, bytes: 3, complete: true } });
    expect(complete).toBe(true);
  });

  test('when the machine was started anew, or its number is another’s now, nobody takes another process for it', async () => {
    const me = await currentProcess();
    for (const other of [
      { ...me, start: '1' },
      { ...me, boot: '00000000-0000-0000-0000-000000000000' },
    ]) {
      const { execution_id: id } = await service.start({ no_repo: true, isolation: 'process', command: sleeper });
      await service.until(id, (text) => text.includes('begun'));
      await killSupervisor(id);
      writeFileSync(identityFile(id), JSON.stringify(other));
      await service.call('POST', `/executions/${id}/cancel`, {});
      const { record } = await service.finish(id);
      expect(['lost', 'cancelled']).toContain(record.phase);
      expect(processesOf(id)).toEqual([]);
    }
  });
});

describe('when nobody looks', () => {
  test('a queued run goes on when whoever asked and the holder’s supervisor are killed with -9', async () => {
    const program = fileURLToPath(new URL('../support/local-start.mjs', import.meta.url));
    const common = { no_repo: true, isolation: 'process', lock: 'one' };
    const first = JSON.stringify({ ...common, command: sleeper });
    const second = JSON.stringify({ ...common, command: 'echo fence $HAWSER_EXEC_FENCE' });
    const starter = spawn(process.execPath, [program, service.folder, first, second], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ids: string[] = [];
    for await (const line of createInterface({ input: starter.stdout })) {
      ids.push(line);
      if (ids.length === 2) break;
    }
    starter.kill('SIGKILL');
    await once(starter, 'close');
    const reader = createLogReader({ folder: join(service.folder, 'logs') });
    const log = async (id: string, enough: string): Promise<void> => {
      const record = { execution_id: id, phase: 'running', task: {} } as unknown as ExecutionRecord;
      let [position, text]: [string | undefined, string] = [undefined, ''];
      while (!text.includes(enough)) {
        const page = await reader.read(record, { position, limit: 100, waitMs: 60_000, stream: 'runner' });
        position = page.position;
        text += page.events.map(({ message }) => message).join('\n');
      }
    };
    await log(ids[0] ?? '', 'begun');
    await killSupervisor(ids[0] ?? '');
    // From here on only files are read: nothing of the service is asked.
    await log(ids[1] ?? '', 'fence 2');
    expect((await service.finish(ids[1] ?? '')).record).toMatchObject({ phase: 'succeeded', lock: { fence: 2 } });
    expect(await service.show(ids[0] ?? '')).toMatchObject({ phase: 'lost' });
  });

  test('a clone that failed by the network is tried again', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hawser-git-'));
    try {
      const server = await GitHttpServer.start({ root });
      const repo = server.url('project.git');
      await server[Symbol.asyncDispose]();
      const { execution_id: id } = await service.start({ no_repo: false, repo, command: 'true', retries: 1 });
      const reader = createLogReader({ folder: join(service.folder, 'logs') });
      const record = { execution_id: id, phase: 'running', task: {} } as unknown as ExecutionRecord;
      let [position, tries]: [string | undefined, number] = [undefined, 0];
      while (tries < 2) {
        const page = await reader.read(record, { position, limit: 100, waitMs: 60_000, stream: 'init' });
        tries += page.events.filter(({ message }) => message.startsWith('Cloning')).length;
        if (page.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        position = page.position;
      }
      expect((await service.finish(id)).record).toMatchObject({ phase: 'error', reason_code: 'network', attempt: 2 });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
