import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readLock } from '@hawser/state-store/files';
import { livenessOf, type ProcessIdentity } from '@hawser/state-store/process';
import { finishLog } from '../logs/finish.js';
import type { Job, Runner, StartFailure, TaskFacts, TaskRef } from '../ports.js';
import { messageOf, storeFailed } from '../stores/file-errors.js';
import { createPrivate, entriesOf, readDocument, readText, writePrivate } from './files.js';
import { chooseIsolation, describeIsolation, type Isolation, type IsolationPlace } from './isolation.js';
import { parseTaskName, runPlaces, taskName, type Places, type RunPlaces } from './places.js';
import { ExecBackendError } from '../errors.js';
import { processesOf, signalExecution, signalProcess } from './processes.js';
import { readFacts, type RunFacts } from './run-facts.js';
import type { FindProgram, LocalProgram } from './types.js';

/** What a supervisor is told by whoever starts it. */
export interface StoredJob {
  readonly job: Job;
  readonly isolation: Isolation;
  readonly askedAtMs: number;
}

/** Somebody's wish that a run ends. */
export interface StopWish {
  readonly reason: string;
  readonly force: boolean;
}

/** What a local runner is made of. */
export interface LocalRunnerOptions {
  readonly places: Places;
  /** Program and first arguments of a supervisor. */
  readonly supervisor: readonly string[];
  /** Of the person. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly programs: FindProgram | undefined;
}

/** So long may a supervisor take from being started until it says so, where nobody saw it end. */
const ON_ITS_WAY_MS = 30_000;

/**
 * Of the person's environment, what a supervisor gets: where programs are, how the network is reached, and the agent
 * that git's ssh may ask. A command gets none of it.
 */
const passedOn: readonly string[] = (
  'PATH HOME USER LOGNAME LANG TZ TMPDIR SSH_AUTH_SOCK XDG_RUNTIME_DIR ' +
  'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy ' +
  'SSL_CERT_FILE SSL_CERT_DIR GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS DOCKER_HOST CONTAINER_HOST'
).split(' ');

/** Runs each execution under a detached supervisor of its own, a process that outlives whoever asked for it. */
export function createLocalRunner({ places, supervisor, env, programs }: LocalRunnerOptions): Runner {
  /** Folders of attempts whose supervisor ended, as this process saw. */
  const ended = new Set<string>();
  const isolationPlace: IsolationPlace = { path: env['PATH'] ?? '', probe: places.probe };

  return {
    kind: 'local',

    async describe(wish) {
      if (wish.runner === undefined) return describeIsolation(await chooseIsolation(wish, isolationPlace), wish);
      const { label, note } = await programNamed(wish.runner);
      return describeIsolation({ kind: 'program', named: { words: [], label, note } }, wish);
    },

    async start(job) {
      const run = runPlaces(places, job.executionId, job.attempt);
      let isolation: Isolation;
      try {
        isolation =
          job.runner === undefined
            ? await chooseIsolation(job, isolationPlace)
            : await wrapped(await programNamed(job.runner), job, run);
      } catch (error) {
        return failure(error);
      }
      const stored: StoredJob = { job, isolation, askedAtMs: Date.now() };
      try {
        mkdirSync(run.folder, { recursive: true, mode: 0o700 });
        createPrivate(run.job, JSON.stringify(stored));
        if (!existsSync(run.supervisor)) await launchSupervisor(['run', job.executionId, String(job.attempt)], run);
      } catch (error) {
        return failure(storeFailed(error, `start ${job.executionId}`, places.folder));
      }
      return refOf(job.executionId, job.attempt, job, isolation);
    },

    find(executionId, attempt) {
      const run = runPlaces(places, executionId, attempt);
      if (!existsSync(run.supervisor)) return Promise.resolve(undefined);
      const stored = readDocument(run.job) as StoredJob | undefined;
      return Promise.resolve(refOf(executionId, attempt, stored?.job, stored?.isolation));
    },

    async inspect(task) {
      const name = parseTaskName(task.arn);
      if (name === undefined) return undefined;
      return inspectRun(task, name.executionId, runPlaces(places, name.executionId, name.attempt), places, ended);
    },

    async stop(task, { reason, force = false }) {
      const name = parseTaskName(task.arn);
      if (name === undefined) return;
      const run = runPlaces(places, name.executionId, name.attempt);
      if (!existsSync(run.folder)) return;
      const wish: StopWish = { reason, force };
      writePrivate(run.stop, JSON.stringify(wish));
      const identity = readDocument(run.supervisor) as ProcessIdentity | undefined;
      if (identity === undefined) return;
      const liveness = await livenessOf(identity);
      if (liveness.state === 'alive') signalProcess(identity.pid, 'SIGTERM');
    },

    async waiting() {
      const owner = readLock(places.waiter)?.owner;
      if (owner !== undefined && (await livenessOf(owner)).state !== 'dead') return;
      await launchSupervisor(['watch'], undefined);
    },
  };

  async function programNamed(name: string): Promise<LocalProgram> {
    const hint = 'Leave the runner out, or ask a service that has it.';
    if (programs === undefined) {
      throw new ExecBackendError('HAWSER_EXEC_BACKEND_ISOLATION_MISSING', `There is no runner '${name}' here.`, {
        hint,
      });
    }
    try {
      return await programs(name);
    } catch (cause) {
      const said = cause instanceof Error && 'hint' in cause && typeof cause.hint === 'string' ? cause.hint : hint;
      const message = `${messageOf(cause)} ${said}`;
      throw new ExecBackendError('HAWSER_EXEC_BACKEND_ISOLATION_MISSING', message, { cause, hint: said });
    }
  }

  /** Resolves when the process is there. What it complains of before it has anything to write to goes to a file. */
  async function launchSupervisor(args: readonly string[], run: RunPlaces | undefined): Promise<void> {
    const [program = '', ...first] = supervisor;
    const complaints = run === undefined ? undefined : openSync(run.complaints, 'a', 0o600);
    try {
      const child = spawn(program, [...first, places.folder, ...args], {
        cwd: places.folder,
        detached: true,
        env: {
          ...Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
          // Whatever calls git there: nothing of what the person configured for themselves.
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_NOSYSTEM: '1',
        },
        stdio: ['ignore', 'ignore', complaints ?? 'ignore'],
      });
      child.unref();
      if (run !== undefined) child.once('exit', () => ended.add(run.folder));
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    } finally {
      if (complaints !== undefined) closeSync(complaints);
    }
  }
}

async function wrapped(program: LocalProgram, { executionId, attempt }: Job, run: RunPlaces): Promise<Isolation> {
  const words = await program.wrap({ executionId, attempt, folder: run.work, tree: run.tree });
  const { label, note } = program;
  return { kind: 'program', named: { words: [...words], label, note } };
}

/** How an attempt stands. What a killed supervisor left running is ended before anything is said. */
async function inspectRun(
  task: TaskRef,
  executionId: string,
  run: RunPlaces,
  places: Places,
  ended: ReadonlySet<string>,
): Promise<TaskFacts | undefined> {
  if (!existsSync(run.folder)) return undefined;
  const identity = readDocument(run.supervisor) as ProcessIdentity | undefined;
  if (identity === undefined) return inspectUnclaimed(task, run, ended.has(run.folder));
  const isDead = (await livenessOf(identity)).state === 'dead';
  // The last it does is to remove what it kept, when the end is told.
  if (isDead && !existsSync(run.folder)) return undefined;
  const facts = readFacts(run.facts);
  if (!isDead) {
    // It tells the end itself, with all that it knows.
    const now = facts?.state === 'stopped' ? { ...facts, state: 'running' as const } : facts;
    return now?.began === true ? factsOf(task, now) : { task, state: 'preparing', began: false };
  }
  return facts?.state === 'stopped' ? factsOf(task, facts) : bury(task, executionId, run, places, facts);
}

/** Nobody has said that they supervise it: it is on its way, or will never come. */
function inspectUnclaimed(task: TaskRef, run: RunPlaces, isOver: boolean): TaskFacts | undefined {
  const stored = readDocument(run.job) as StoredJob | undefined;
  if (stored === undefined) return undefined;
  if (!isOver && Date.now() - stored.askedAtMs < ON_ITS_WAY_MS) return { task, state: 'provisioning', began: false };
  const said = readText(run.complaints)?.trim().split('\n').at(-1);
  const reason = `Its supervisor did not begin${said ? `: ${said}` : '.'}`;
  return { task, state: 'stopped', began: false, reasonCode: 'no_capacity', reason, retryable: true };
}

/** Ends what a dead supervisor left behind, its processes first: whoever gets the lock next must be alone. */
async function bury(
  task: TaskRef,
  executionId: string,
  run: RunPlaces,
  places: Places,
  facts: RunFacts | undefined,
): Promise<TaskFacts> {
  if (facts?.container) await removeContainer(facts.container.program, facts.container.name);
  await endOrphans(executionId);
  await finishLog(join(places.logs, executionId));
  rmSync(run.work, { recursive: true, force: true });
  const began = facts?.began ?? false;
  const reason = began
    ? 'Its supervisor was killed, or the machine went down, while the command ran.'
    : 'Its supervisor was killed, or the machine went down, before the command began.';
  return { task, state: 'stopped', began, reasonCode: 'lost', reason, retryable: !began };
}

/** The engine's server may run it as another user, whose processes cannot be ended from here. */
async function removeContainer(program: string, name: string): Promise<void> {
  const child = spawn(program, ['rm', '--force', name], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('close', resolve).once('error', resolve));
}

async function endOrphans(executionId: string): Promise<void> {
  for (let patience = 100; patience > 0 && signalExecution(executionId, 'SIGKILL'); patience -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const left = processesOf(executionId);
  if (left.length > 0) throw new Error(`Processes ${left.join(', ')} of ${executionId} could not be ended.`);
}

function factsOf(task: TaskRef, facts: RunFacts): TaskFacts {
  const { state, began, exitCode, signal, reasonCode, reason, retryable, startedAtMs, stoppedAtMs } = facts;
  return {
    task,
    state,
    began,
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    ...(reasonCode !== undefined && { reasonCode }),
    ...(reason !== undefined && { reason }),
    ...(retryable !== undefined && { retryable }),
    ...(startedAtMs !== undefined && { startedAtMs }),
    ...(stoppedAtMs !== undefined && { stoppedAtMs }),
  };
}

function refOf(
  executionId: string,
  attempt: number,
  wish: Pick<Job, 'image'> | undefined,
  isolation?: Isolation,
): TaskRef {
  const arn = taskName(executionId, attempt);
  if (isolation === undefined) return { arn, logs: [executionId] };
  const said = describeIsolation(isolation, wish ?? {});
  return {
    arn,
    logs: [executionId],
    ...(said.isolation !== undefined && { isolation: said.isolation }),
    ...(said.note !== undefined && { note: said.note }),
  };
}

function failure(error: unknown): StartFailure {
  const reason = messageOf(error);
  return { failed: true, reasonCode: 'no_capacity', reason, retryable: false };
}

/** All attempts that have a folder. */
export function attemptsIn(places: Places): readonly RunPlaces[] {
  return entriesOf(places.runs).flatMap((executionId) =>
    entriesOf(join(places.runs, executionId)).map((attempt) => runPlaces(places, executionId, Number(attempt))),
  );
}
