import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKey } from '@hawser/api-keys';
import { answerCheck } from './controller-answers.js';
import { createController } from '../../src/controller/index.js';
import type { Controller, ControllerPorts, PodFact, RunnerCluster, RunnerJob } from '../../src/controller/index.js';
import { createMemoryClock, migrate, openStore } from '../../src/store/index.js';
import type { MemoryClock, PrincipalRow, SessionRow, SessionStore } from '../../src/store/index.js';
import type { Assignment, RunnerExit, RunnerWishes } from '../../src/runner/control-types.js';

/** A cluster that does what it is told, and says what it is told to say. */
export interface ScriptedCluster extends RunnerCluster {
  readonly jobs: Map<string, RunnerJob>;
  readonly removed: string[];
  /** Thrown by the next starts, one each. */
  readonly failures: Error[];
  say(fact: Partial<PodFact> & { readonly session: string }): Promise<void>;
}

export function scriptedCluster(kind: RunnerCluster['kind'] = 'kubernetes'): ScriptedCluster {
  const jobs = new Map<string, RunnerJob>();
  const removed: string[] = [];
  const failures: Error[] = [];
  const listeners = new Set<(fact: PodFact) => void>();
  const known = new Map<string, PodFact>();
  return {
    kind,
    jobs,
    removed,
    failures,
    async start(job) {
      const failure = failures.shift();
      if (failure) throw failure;
      const jobName = `job-${job.session}-${job.attempt}`;
      jobs.set(jobName, job);
      return { jobName };
    },
    async remove(jobName) {
      jobs.delete(jobName);
      removed.push(jobName);
    },
    async *watch({ signal }) {
      const queue: PodFact[] = [...known.values()];
      let wake: () => void = () => undefined;
      const listener = (fact: PodFact): void => {
        queue.push(fact);
        wake();
      };
      listeners.add(listener);
      const aborted = (): void => wake();
      signal.addEventListener('abort', aborted);
      try {
        while (!signal.aborted) {
          const fact = queue.shift();
          if (fact) yield fact;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener('abort', aborted);
      }
    },
    check: async () => [],
    async say(part) {
      const fact = podFact(part);
      known.set(fact.session, fact);
      for (const listener of listeners) listener(fact);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export function podFact(part: Partial<PodFact> & { readonly session: string }): PodFact {
  const attempt = part.attempt ?? 1;
  return {
    attempt,
    jobName: `job-${part.session}-${attempt}`,
    podName: `pod-${part.session.slice(0, 8)}-${attempt}`,
    podUid: null,
    address: '10.0.0.9',
    phase: 'running',
    ready: true,
    image: null,
    waiting: null,
    terminated: null,
    ...part,
  };
}

/** A controller over a real embedded store, a scripted cluster and a clock that stands still. */
export interface World extends AsyncDisposable {
  readonly controller: Controller;
  readonly store: SessionStore;
  readonly cluster: ScriptedCluster;
  readonly clock: MemoryClock;
  readonly troubles: unknown[];
  /** Routes that have answered with a success, each held against the OpenAPI document. */
  readonly succeeded: ReadonlySet<string>;
  /** Makes a key. */
  key(scopes?: readonly string[], quota?: PrincipalRow['quota']): Promise<string>;
  /** Asks as somebody with a key; `admin` unless another is given. */
  ask(method: string, path: string, options?: AskOptions): Promise<Response>;
  /** Creates a session and returns its row. */
  create(body?: object): Promise<SessionRow>;
  row(id: string): Promise<SessionRow>;
  /** The runner of a session's newest Job. */
  runner(session: string, epoch?: string): ScriptedRunner;
  /** Lets everything that is under way come to rest. */
  settle(): Promise<void>;
}

export interface AskOptions {
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly signal?: AbortSignal;
}

export async function openWorld(
  options: {
    readonly settings?: ControllerPorts['settings'];
    readonly cluster?: ScriptedCluster;
    readonly ports?: Partial<ControllerPorts>;
    readonly wrapStore?: (store: SessionStore) => SessionStore;
  } = {},
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-ctl-'));
  const file = join(folder, 's.db');
  await migrate({ file });
  const clock = createMemoryClock(Date.UTC(2026, 0, 1));
  const opened = await openStore({ file, nowMs: () => clock.nowMs() });
  const store = options.wrapStore?.(opened) ?? opened;
  const cluster = options.cluster ?? scriptedCluster();
  const troubles: unknown[] = [];
  const controller = createController({
    store,
    cluster,
    tickets: scriptedTickets(clock),
    clock,
    sealingKeys: [randomBytes(32)],
    version: '1.2.3',
    replica: 'replica-1',
    trouble: (error) => troubles.push(error),
    ...options.ports,
    settings: { ratePerMinute: null, sweepMs: 30_000, ...options.settings },
  });
  const answers = answerCheck();
  let adminKey: string | undefined;

  async function key(scopes: readonly string[] = ['admin'], quota: PrincipalRow['quota'] = {}): Promise<string> {
    const made = await createKey({ name: 'somebody', scopes, nowMs: clock.nowMs(), rounds: 4 });
    await opened.putPrincipal({ ...made.stored, quota });
    return made.key;
  }
  async function ask(method: string, path: string, asked: AskOptions = {}): Promise<Response> {
    const bearer = asked.key === undefined ? (adminKey ??= await key()) : asked.key;
    const request = new Request(`http://service${path}`, {
      method,
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(asked.body !== undefined && { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      ...(asked.body !== undefined && {
        body: typeof asked.body === 'string' ? asked.body : JSON.stringify(asked.body),
      }),
      ...(asked.signal && { signal: asked.signal }),
    });
    const response = await controller.handle(request, { remoteAddress: asked.from ?? '127.0.0.1' });
    await answers.check(method, path.replace(/\?.*/, ''), response);
    return response;
  }
  async function row(id: string): Promise<SessionRow> {
    const found = await opened.session(id);
    if (!found) throw new Error(`no session ${id}`);
    return found;
  }
  return {
    controller,
    store,
    cluster,
    clock,
    troubles,
    succeeded: answers.succeeded,
    key,
    ask,
    row,
    async create(body = { command: 'echo hello' }) {
      const answer = await ask('POST', '/api/sessions', { body });
      if (answer.status !== 201) throw new Error(await answer.text());
      const { sessionId } = (await answer.json()) as { sessionId: string };
      await controller.reconcile();
      return row(sessionId);
    },
    runner: (session, epoch) => scriptedRunner(controller, cluster, session, epoch),
    settle: () => controller.reconcile(),
    async [Symbol.asyncDispose]() {
      await controller.close();
      await opened.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Tickets that say what they are; real ones are tested beside the gateway. */
function scriptedTickets(clock: MemoryClock): ControllerPorts['tickets'] {
  let minted = 0;
  return {
    mint: async ({ role, ttlMs = 300_000 }) => ({
      token: `ticket-${(minted += 1)}-${role}`,
      expiresAt: clock.nowMs() + ttlMs,
    }),
    jwks: async () => ({ keys: [{ kty: 'RSA', kid: 'one' }] }),
  };
}

/** What a runner says, call by call. */
export interface ScriptedRunner {
  readonly epoch: string;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  assignment(): Promise<Assignment | undefined>;
  claim(): Promise<boolean>;
  phase(state: string): Promise<Response>;
  exit(end?: Partial<RunnerExit>): Promise<Response>;
  beat(beat?: object, signal?: AbortSignal): Promise<RunnerWishes>;
  /** Claims and says that the command runs. */
  run(): Promise<void>;
}

export function scriptedRunner(
  controller: Controller,
  cluster: ScriptedCluster,
  session: string,
  epoch: string = randomBytes(16).toString('hex'),
): ScriptedRunner {
  const job = [...cluster.jobs.values()].filter((one) => one.session === session).at(-1);
  const { attempt, secret } = job ?? { attempt: 1, secret: 'none' };
  const self = { epoch, address: '10.0.0.9', port: 7681 };
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    const isBytes = body instanceof Uint8Array;
    return controller.handleInternal(
      new Request(`http://internal/internal/runner/${session}/${attempt}/${path}`, {
        method,
        headers: { authorization: `Bearer ${secret}`, 'x-hawser-epoch': epoch, ...headers },
        ...(body !== undefined && { body: isBytes ? Uint8Array.from(body) : JSON.stringify(body) }),
        ...(signal && { signal }),
      }),
    );
  }
  async function ok(answer: Promise<Response>): Promise<Response> {
    const response = await answer;
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return response;
  }
  const runner: ScriptedRunner = {
    epoch,
    call: (method, path, body, headers) => call(method, path, body, headers),
    async assignment() {
      const answer = await ok(call('POST', 'assignment', self));
      return answer.status === 200 ? ((await answer.json()) as Assignment) : undefined;
    },
    async claim() {
      const { won } = (await (await ok(call('POST', 'claim', self))).json()) as { won: boolean };
      return won;
    },
    phase: (state) => call('POST', 'phase', { state, detail: null }),
    exit: (end = {}) => call('POST', 'exit', runnerExit(end)),
    async beat(beat = {}, signal) {
      const body = { state: 'running', head: 0, lines: 0, viewers: 0, idleMs: 0, seen: 0, ...beat };
      return (await (await ok(call('POST', 'beat', body, {}, signal))).json()) as RunnerWishes;
    },
    async run() {
      if (!(await runner.claim())) throw new Error('the claim was lost');
      await ok(runner.phase('running'));
    },
  };
  return runner;
}

export function runnerExit(end: Partial<RunnerExit> = {}): RunnerExit {
  return {
    reason: 'ok',
    code: 0,
    signal: null,
    offset: 0,
    digest: createHash('sha256').digest('hex'),
    chain: null,
    segments: 0,
    startedAtMs: 1,
    exitedAtMs: 2,
    keyboard: [],
    ...end,
  };
}
