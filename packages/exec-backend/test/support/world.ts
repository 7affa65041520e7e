import type {
  ExecutionRecord,
  ExecutionRequest,
  ExecutionStarted,
  JobPayload,
  LockRecord,
} from '@hawser/exec-client/contract';
import { ApiError } from '../../src/core/api-error.js';
import { createBackend } from '../../src/index.js';
import type {
  Backend,
  BackendPorts,
  Job,
  JobChannel,
  LogReader,
  Runner,
  Store,
  TaskFacts,
  TaskRef,
} from '../../src/index.js';
import { createMemoryStore } from '../../src/stores/memory.js';
import { createHandClock, createMemorySecrets, memoryPorts, seededIds, type HandClock } from './memory-ports.js';

/** A process that ends in the middle of what it does. Whatever it holds is gone; stores and tasks are not. */
export class ProcessDied extends Error {}

/** What may befall a call of a port: nothing, or the end of the process before it or after it. */
export type Fate = (call: string) => 'live' | 'die before' | 'die after' | 'wait';

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

interface Task {
  readonly ref: TaskRef;
  readonly job: Job;
  state: 'new' | 'claimed' | 'prepared' | 'running' | 'stopped';
  payload?: JobPayload;
  facts: Partial<TaskFacts>;
  signal?: string;
}

/** What outlives every process of a service: rows, tasks, time. */
export class World {
  readonly clock: HandClock = createHandClock();
  readonly store: Store = createMemoryStore();
  readonly secrets = createMemorySecrets();
  readonly tasks = new Map<string, Task>();
  /** How often the command of each execution began. */
  readonly began = new Map<string, number>();
  /** Fences in the order in which commands began, by lock. */
  readonly fences = new Map<string, number[]>();
  /** What went wrong, were it only for a moment. */
  readonly wrongs: string[] = [];
  readonly #holding = new Map<string, string>();
  readonly #ids: { random(bytes: number): string };

  constructor(seed: number) {
    this.#ids = seededIds(seed);
  }

  /** A new process of the service. Calls of its ports meet the fate that is given. */
  open(fate: Fate = () => 'live'): Backend {
    let dead = false;
    const live = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      if (dead) throw new ProcessDied(name);
      const what = fate(name);
      if (what === 'wait') await new Promise((resolve) => setImmediate(resolve));
      if (what === 'die before') {
        dead = true;
        throw new ProcessDied(name);
      }
      const answer = await work();
      if (what !== 'die after') return answer;
      dead = true;
      throw new ProcessDied(name);
    };
    const { store } = this;
    const mortal: Store = {
      get: (partition, key) => live(`get ${partition}`, () => store.get(partition, key)),
      put: (row, expected) => live(`put ${row.partition}`, () => store.put(row, expected)),
      remove: (partition, key, expected) => live(`remove ${partition}`, () => store.remove(partition, key, expected)),
      list: (partition, options) => live(`list ${partition}`, () => store.list(partition, options)),
    };
    const ports: BackendPorts = memoryPorts({
      runner: this.#runner(live),
      logs: this.#logs(),
      store: mortal,
      clock: this.clock,
      ids: this.#ids,
      secrets: this.secrets,
      caller: { name: 'tests', scopes: ['admin'] },
    });
    return createBackend(ports);
  }

  /** Sends a request. `undefined` when the process that was to answer is gone. */
  async send<T>(backend: Backend, method: string, path: string, body?: unknown): Promise<Answer<T> | undefined> {
    const request = new Request(`http://world.invalid${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const response = await backend.handle(request);
    // A process that died answers nothing; here its death comes out as an answer that nobody foresaw.
    if (response.status === 500) return undefined;
    return { status: response.status, body: (await response.json()) as T };
  }

  start(backend: Backend, request: ExecutionRequest): ReturnType<typeof this.send<ExecutionStarted>> {
    return this.send<ExecutionStarted>(backend, 'POST', '/executions', request);
  }

  async record(id: string): Promise<ExecutionRecord> {
    const answer = await this.send<ExecutionRecord>(this.open(), 'GET', `/executions/${id}`);
    return (answer as { body: ExecutionRecord }).body;
  }

  /** Lets a task do one thing, as its machine would: it speaks to whatever process is there, and to no end. */
  async step(task: Task, job: JobChannel, options: { readonly tells?: boolean } = {}): Promise<void> {
    if (task.state === 'stopped') return;
    if (task.signal !== undefined) return this.#stop(task, job, { signal: task.signal });
    const { executionId, attempt, token } = task.job;
    if (task.state === 'new') {
      try {
        task.payload = await job.claim(executionId, token);
        task.state = 'claimed';
      } catch (error) {
        if (!(error instanceof ApiError) || error.code === 'store_unavailable') return;
        task.state = 'stopped';
        task.facts = { reasonCode: 'payload', reason: error.message, began: false, retryable: true };
      }
      return;
    }
    const tell = async (event: 'prepared' | 'running'): Promise<void> => {
      if (options.tells === false) return;
      const report = { token: task.payload?.report_token ?? '', attempt, event, at: this.clock.nowMs() };
      await job.report(executionId, report).catch(() => undefined);
    };
    if (task.state === 'claimed') {
      task.state = 'prepared';
      return tell('prepared');
    }
    if (task.state === 'prepared') {
      task.state = 'running';
      this.#begin(task);
      return tell('running');
    }
    return this.#stop(task, options.tells === false ? undefined : job, { exitCode: 0 });
  }

  /** Lets everything come to its end: tasks work, time passes, the sweep looks. */
  async settle(): Promise<void> {
    for (let round = 0; round < 400; round += 1) {
      const backend = this.open();
      for (const task of this.tasks.values()) await this.step(task, backend.job);
      this.clock.move(60_000);
      const { looked } = await backend.sweep();
      if (looked === 0 && [...this.tasks.values()].every(({ state }) => state === 'stopped')) return;
    }
    throw new Error('It does not come to its end.');
  }

  async locks(): Promise<readonly LockRecord[]> {
    const answer = await this.send<{ readonly locks: readonly LockRecord[] }>(this.open(), 'GET', '/locks');
    return answer?.body.locks ?? [];
  }

  #begin({ job, payload }: Task): void {
    const { executionId } = job;
    this.began.set(executionId, (this.began.get(executionId) ?? 0) + 1);
    const lock = payload?.env['HAWSER_EXEC_LOCK'];
    if (lock === undefined) return;
    const other = this.#holding.get(lock);
    if (other !== undefined) this.wrongs.push(`${executionId} began while ${other} held ${lock}`);
    this.#holding.set(lock, executionId);
    const fences = this.fences.get(lock) ?? [];
    this.fences.set(lock, fences);
    const fence = Number(payload?.env['HAWSER_EXEC_FENCE']);
    if (fence <= (fences.at(-1) ?? 0)) this.wrongs.push(`fence ${fence} came after ${fences.join(', ')}`);
    fences.push(fence);
  }

  async #stop(
    task: Task,
    job: JobChannel | undefined,
    end: { readonly exitCode?: number; readonly signal?: string },
  ): Promise<void> {
    const began = task.state === 'running';
    task.state = 'stopped';
    task.facts = { began, ...(began ? end : { reasonCode: 'cancelled' as const }), stoppedAtMs: this.clock.nowMs() };
    const lock = task.payload?.env['HAWSER_EXEC_LOCK'];
    if (lock !== undefined && this.#holding.get(lock) === task.job.executionId) this.#holding.delete(lock);
    if (!began || !job || !task.payload) return;
    const { executionId, attempt } = task.job;
    const { report_token: token } = task.payload;
    await job
      .report(executionId, {
        token,
        attempt,
        event: 'ended',
        at: this.clock.nowMs(),
        ...(end.exitCode !== undefined && { exit_code: end.exitCode }),
        ...(end.signal !== undefined && { signal: end.signal }),
        log: { lines: 0, bytes: 0 },
      })
      .catch(() => undefined);
  }

  #runner(live: <T>(name: string, work: () => Promise<T>) => Promise<T>): Runner {
    const states = { new: 'provisioning', claimed: 'preparing', prepared: 'preparing' } as const;
    return {
      kind: 'memory',
      describe: () => live('describe', () => Promise.resolve({ kind: 'memory' as const })),
      start: (job) =>
        live('start', () => {
          const arn = `${job.executionId}#${job.attempt}`;
          const known = this.tasks.get(arn);
          if (known && known.job.token !== job.token) this.wrongs.push(`${arn} was asked for under two tokens`);
          if (!known) this.tasks.set(arn, { ref: { arn }, job, state: 'new', facts: {} });
          return Promise.resolve({ arn });
        }),
      find: (id, attempt) => live('find', () => Promise.resolve(this.tasks.get(`${id}#${attempt}`)?.ref)),
      inspect: ({ arn }) =>
        live('inspect', () => {
          const task = this.tasks.get(arn);
          if (!task) return Promise.resolve(undefined);
          const { state, ref, facts } = task;
          const seen = state === 'running' || state === 'stopped' ? state : states[state];
          return Promise.resolve({ task: ref, state: seen, ...facts });
        }),
      stop: ({ arn }) =>
        live('stop', () => {
          const task = this.tasks.get(arn);
          if (task && task.state !== 'stopped') task.signal = 'SIGTERM';
          return Promise.resolve();
        }),
    };
  }

  #logs(): LogReader {
    return {
      read: (record) => {
        const task = this.tasks.get(`${record.execution_id}#${record.attempt}`);
        const ended = task?.state === 'stopped';
        return Promise.resolve({ events: [], position: '0', ended, complete: ended });
      },
    };
  }
}
