import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionRecord, JobPayload, JobReport, LogEvent } from '@hawser/exec-client/contract';
import type { Job, JobChannel, LogReader, Runner, TaskFacts, TaskRef } from '../../src/index.js';

interface Task {
  readonly ref: TaskRef;
  readonly job: Job;
  readonly folder: string;
  readonly log: LogEvent[];
  readonly hash: ReturnType<typeof createHash>;
  bytes: number;
  state: TaskFacts['state'];
  facts: Partial<TaskFacts>;
  rest: string;
  ended: boolean;
  stop?: (force: boolean) => void;
  work: Promise<void>;
  readonly listeners: Set<() => void>;
}

/** Runs commands with `sh` in this machine's own folders, clones with git, and keeps logs in memory: for tests alone. */
export interface ShellRunner {
  readonly runner: Runner;
  readonly logs: LogReader;
  /** How tasks reach their service. */
  bind(job: JobChannel): void;
  /** Kills what still runs. */
  close(): Promise<void>;
}

export function createShellRunner(): ShellRunner {
  const tasks = new Map<string, Task>();
  let channel: JobChannel | undefined;

  const runner: Runner = {
    kind: 'memory',
    describe: () => Promise.resolve({ kind: 'memory', isolation: 'process', note: 'a process of the tests' }),
    start: (job) => {
      const arn = `${job.executionId}#${job.attempt}`;
      const known = tasks.get(arn);
      if (known) return Promise.resolve(known.ref);
      const task: Task = {
        ref: { arn },
        job,
        folder: mkdtempSync(join(tmpdir(), 'exec-')),
        log: [],
        hash: createHash('sha256'),
        bytes: 0,
        state: 'provisioning',
        facts: {},
        rest: '',
        ended: false,
        work: Promise.resolve(),
        listeners: new Set(),
      };
      tasks.set(arn, task);
      task.work = run(task, channel as JobChannel).finally(() => rmSync(task.folder, { recursive: true, force: true }));
      return Promise.resolve(task.ref);
    },
    find: (id, attempt) => Promise.resolve(tasks.get(`${id}#${attempt}`)?.ref),
    inspect: ({ arn }) => {
      const task = tasks.get(arn);
      return Promise.resolve(task && { task: task.ref, state: task.state, ...task.facts });
    },
    stop: ({ arn }, { force }) => {
      tasks.get(arn)?.stop?.(force ?? false);
      return Promise.resolve();
    },
  };

  const logs: LogReader = {
    read: async (record, { position, limit, waitMs, stream, signal }) => {
      const task = taskOf(tasks, record);
      if (task && waitMs > 0 && !task.ended && task.log.length <= Number(position ?? 0)) {
        await change(task, waitMs, signal);
      }
      const lines = task?.log ?? [];
      const from = Number(position ?? 0);
      const events = lines.slice(from, from + limit);
      const to = from + events.length;
      const ended = (task?.ended ?? false) && to === lines.length;
      return {
        events: events.filter((event) => stream === undefined || stream === 'all' || event.stream === stream),
        position: String(to),
        ended,
        complete: ended,
      };
    },
  };

  return {
    runner,
    logs,
    bind: (job) => (channel = job),
    close: async () => {
      for (const task of tasks.values()) task.stop?.(true);
      await Promise.all([...tasks.values()].map(({ work }) => work));
    },
  };
}

function taskOf(tasks: ReadonlyMap<string, Task>, record: ExecutionRecord): Task | undefined {
  return tasks.get(`${record.execution_id}#${record.attempt}`);
}

function change(task: Task, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      task.listeners.delete(wake);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, waitMs);
    task.listeners.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
  });
}

async function run(task: Task, channel: JobChannel): Promise<void> {
  const { executionId, attempt, token } = task.job;
  let payload: JobPayload;
  try {
    payload = await channel.claim(executionId, token);
  } catch {
    task.facts = { reasonCode: 'payload', reason: 'The payload was refused.', began: false };
    task.state = 'stopped';
    finish(task);
    return;
  }
  const report = async (facts: Omit<JobReport, 'token' | 'attempt' | 'at'>): Promise<void> => {
    await channel
      .report(executionId, { token: payload.report_token, attempt, at: Date.now(), ...facts })
      .catch(() => undefined);
  };
  task.state = 'preparing';
  const cloned = payload.repo === undefined ? {} : await clone(task, payload);
  if (cloned.failed) {
    task.facts = { reasonCode: cloned.failed, reason: 'The clone failed.', began: false };
    task.state = 'stopped';
    finish(task);
    await report({ event: 'failed', reason_code: cloned.failed, reason: 'The clone failed.' });
    return;
  }
  await report({ event: 'prepared', ...(cloned.commit !== undefined && { commit: cloned.commit }) });
  task.state = 'running';
  await report({ event: 'running' });
  const { exitCode, signal, timedOut } = await command(task, payload, cloned.commit);
  task.facts = {
    began: true,
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    ...(timedOut && { reasonCode: 'timeout' as const }),
  };
  task.state = 'stopped';
  finish(task);
  await report({
    event: 'ended',
    ...(exitCode !== undefined && { exit_code: exitCode }),
    ...(signal !== undefined && { signal }),
    timed_out: timedOut,
    log: {
      lines: task.log.filter(({ stream }) => stream === 'runner').length,
      bytes: task.bytes,
      sha256: task.hash.digest('hex'),
    },
  });
}

async function clone(
  task: Task,
  payload: JobPayload,
): Promise<{ readonly commit?: string; readonly failed?: 'clone_failed' | 'ref_not_found' }> {
  const git = async (...args: readonly string[]): Promise<{ code: number; text: string }> => {
    const child = spawn('git', ['-C', task.folder, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: task.folder, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
    for (const line of text.split('\n').filter(Boolean)) add(task, 'init', line);
    return { code, text };
  };
  await git('init', '--quiet');
  const fetched = await git('fetch', '--quiet', payload.repo ?? '', payload.commit ?? payload.ref ?? 'HEAD');
  if (fetched.code !== 0) {
    return { failed: /couldn't find remote ref|not our ref/.test(fetched.text) ? 'ref_not_found' : 'clone_failed' };
  }
  await git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
  const head = await git('rev-parse', 'HEAD');
  return { commit: head.text.trim() };
}

async function command(
  task: Task,
  payload: JobPayload,
  commit: string | undefined,
): Promise<{ exitCode?: number; signal?: string; timedOut: boolean }> {
  const argv = payload.argv ?? ['sh', '-c', payload.command ?? ''];
  const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', ...argv], {
    cwd: join(task.folder, payload.workdir ?? '.'),
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], ...payload.env, ...(commit !== undefined && { HAWSER_EXEC_COMMIT: commit }) },
  });
  let timedOut = false;
  let kill: NodeJS.Timeout | undefined;
  task.stop = (force) => {
    signalGroup(child, force ? 'SIGKILL' : 'SIGTERM');
    kill ??= setTimeout(() => signalGroup(child, 'SIGKILL'), payload.grace_seconds * 1000);
  };
  const deadline = setTimeout(() => {
    timedOut = true;
    task.stop?.(false);
  }, payload.timeout_seconds * 1000);
  child.stdout.on('data', (chunk: Buffer) => take(task, chunk));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  clearTimeout(deadline);
  clearTimeout(kill);
  delete task.stop;
  return {
    timedOut,
    ...(code !== null && { exitCode: code }),
    ...(signal !== null && { signal }),
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
  }
}

function take(task: Task, chunk: Buffer): void {
  task.bytes += chunk.length;
  task.hash.update(chunk);
  const lines = (task.rest + chunk.toString()).split('\n');
  task.rest = lines.pop() ?? '';
  for (const line of lines) add(task, 'runner', line);
}

function add(task: Task, stream: LogEvent['stream'], message: string, partial = false): void {
  task.log.push({ seq: task.log.length, ts: Date.now(), stream, message, ...(partial && { partial }) });
  for (const wake of task.listeners) wake();
}

function finish(task: Task): void {
  if (task.rest !== '') add(task, 'runner', task.rest, true);
  task.ended = true;
  for (const wake of task.listeners) wake();
}
