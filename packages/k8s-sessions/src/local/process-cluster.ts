import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodFact, RunnerCluster, RunnerJob } from '../controller/ports.js';
import { SessionsError } from '../errors.js';
import { readDocument, writePrivate } from './files.js';
import { identify, isAlive, processesWith, signalTo, type Identity } from './identity.js';
import { neededBy, sandboxed, type LocalIsolation } from './isolation.js';
import { runMarker, runPlaces, type LocalPlaces, type RunDocument, type RunPlaces } from './places.js';

/** What runners on this machine are started with. */
export interface ProcessClusterOptions {
  readonly places: LocalPlaces;
  readonly isolation: LocalIsolation;
  /** The program of `runLocalRunner`: interpreter and file, to which a run's folder is added. */
  readonly runnerProgram: readonly string[];
  /** The runner's whole environment; its commands get the same. */
  readonly env: Readonly<Record<string, string>>;
  readonly home: string | undefined;
  /** Folders that a sandboxed runner can read besides. */
  readonly readable: readonly string[];
}

/** Processes as a cluster, and the end of looking after them. The processes themselves go on. */
export interface ProcessCluster extends RunnerCluster {
  close(): void;
}

interface Run {
  readonly job: RunDocument;
  readonly places: RunPlaces;
  fact: PodFact;
}

/** Between two looks at processes that are not our children. */
const lookEveryMs = 500;
/** For processes to be gone after SIGKILL. */
const killedMs = 5_000;

/**
 * Runs runners as processes of this machine: each in a folder and a process group of its own, living on when the service
 * is killed. What an earlier service left running is taken up again.
 */
export function openProcessCluster(options: ProcessClusterOptions): ProcessCluster {
  const { places } = options;
  mkdirSync(places.runs, { recursive: true, mode: 0o700 });
  const runs = new Map<string, Run>();
  const listeners = new Set<(fact: PodFact) => void>();
  const adopted = new Map<string, Identity>();

  const note = (run: Run, change: Partial<PodFact>): void => {
    run.fact = { ...run.fact, ...change };
    for (const listener of listeners) listener(run.fact);
  };
  const over = (run: Run, code: number | null, signal: string | null): void => {
    adopted.delete(run.job.jobName);
    if (run.fact.terminated !== null) return;
    // What the runner wrote itself is true also where a sandbox stands between it and us.
    const exitCode = (readDocument(run.places.end) as { code: number } | undefined)?.code ?? code;
    note(run, {
      phase: exitCode === 0 ? 'succeeded' : 'failed',
      ready: false,
      terminated: {
        exitCode,
        signal: exitCode === null ? signal : null,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        message: null,
      },
    });
  };
  const watching = setInterval(() => {
    for (const [jobName, identity] of adopted) {
      const run = runs.get(jobName);
      if (run !== undefined && !isAlive(identity)) over(run, null, null);
    }
  }, lookEveryMs);
  watching.unref();

  for (const jobName of readdirSync(places.runs)) {
    const run = runIn(join(places.runs, jobName));
    if (run === undefined) continue;
    runs.set(jobName, run);
    // The service may have been killed between starting a runner and writing down which process it is.
    const identity =
      (readDocument(run.places.process) as Identity | undefined) ??
      processesWith(runMarker, jobName).flatMap((pid) => identify(pid) ?? [])[0];
    if (identity !== undefined && isAlive(identity)) {
      adopted.set(jobName, identity);
      run.fact = { ...run.fact, phase: 'running', ready: true };
    } else over(run, null, null);
  }

  async function start(job: RunnerJob): Promise<{ readonly jobName: string }> {
    const jobName = `hawser-${job.session}-${job.attempt}`;
    if (runs.has(jobName)) return { jobName };
    const run = makeRun(places, job, jobName);
    runs.set(jobName, run);
    const argv = [...options.runnerProgram, run.places.folder];
    const [file = '', ...args] = options.isolation.program === undefined ? argv : sandboxed(viewOf(options, run), argv);
    const output = openSync(run.places.log, 'a', 0o600);
    const child = spawn(file, args, {
      cwd: run.places.folder,
      env: { ...options.env, [runMarker]: jobName },
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    child.once('exit', (code, signal) => over(run, code, signal));
    // The service may end before its runners.
    child.unref();
    try {
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    } catch (error) {
      runs.delete(jobName);
      rmSync(run.places.folder, { recursive: true, force: true });
      const message = `The runner's program cannot be started: ${(error as Error).message}.`;
      throw new SessionsError('HAWSER_SESSIONS_CLUSTER_UNAVAILABLE', message, { cause: error });
    }
    const identity = identify(child.pid ?? 0);
    if (identity !== undefined) writePrivate(run.places.process, JSON.stringify(identity));
    if (run.fact.terminated === null) note(run, { phase: 'running', ready: true });
    return { jobName };
  }

  async function remove(jobName: string, { graceSeconds }: { readonly graceSeconds: number }): Promise<void> {
    const run = runs.get(jobName);
    if (run === undefined) return;
    await end(run, graceSeconds * 1000);
    adopted.delete(jobName);
    runs.delete(jobName);
    rmSync(run.places.folder, { recursive: true, force: true, maxRetries: 3 });
    note(run, { phase: 'gone', ready: false });
  }

  return {
    kind: 'process',
    start,
    remove,
    async *watch({ signal }) {
      const waiting: PodFact[] = [...runs.values()].map(({ fact }) => fact);
      let wake: () => void = () => undefined;
      const listener = (fact: PodFact): void => {
        waiting.push(fact);
        wake();
      };
      const aborted = (): void => wake();
      listeners.add(listener);
      signal.addEventListener('abort', aborted, { once: true });
      try {
        while (!signal.aborted) {
          const fact = waiting.shift();
          if (fact !== undefined) yield fact;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener('abort', aborted);
      }
    },
    check: () => Promise.resolve([]),
    close: () => clearInterval(watching),
  };
}

function makeRun(places: LocalPlaces, { session, attempt, secret }: RunnerJob, jobName: string): Run {
  const run = runPlaces(join(places.runs, jobName));
  mkdirSync(run.work, { recursive: true, mode: 0o700 });
  const job: RunDocument = { session, attempt, jobName, service: places.service };
  writePrivate(run.secret, `${secret}\n`);
  // Last: a run without it never began.
  writePrivate(run.job, JSON.stringify(job));
  return { job, places: run, fact: firstFact(job) };
}

/** A run as an earlier service left it; undefined, and removed, when it never began. */
function runIn(folder: string): Run | undefined {
  const places = runPlaces(folder);
  const job = readDocument(places.job) as RunDocument | undefined;
  if (job !== undefined) return { job, places, fact: firstFact(job) };
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}

function firstFact({ session, attempt, jobName }: RunDocument): PodFact {
  return {
    session,
    attempt,
    jobName,
    podName: jobName,
    podUid: null,
    address: '127.0.0.1',
    phase: 'pending',
    ready: false,
    image: null,
    waiting: null,
    terminated: null,
  };
}

function viewOf(
  { places, isolation, runnerProgram, home, readable }: ProcessClusterOptions,
  run: Run,
): Parameters<typeof sandboxed>[0] {
  return {
    program: isolation.program ?? '',
    folder: places.folder,
    runFolder: run.places.folder,
    readable: [...neededBy(runnerProgram), ...readable, places.door],
    home,
  };
}

/** Ends all that belongs to a run: in peace while the grace lasts, then not. */
async function end(run: Run, graceMs: number): Promise<void> {
  const { jobName } = run.job;
  const main = readDocument(run.places.process) as Identity | undefined;
  const running = (): readonly number[] => {
    const known = main !== undefined && isAlive(main) ? [main.pid] : [];
    return [...new Set([...known, ...processesWith(runMarker, jobName)])];
  };
  if (graceMs > 0) {
    // A sandbox passes no signals on, and its own process would only leave first.
    const inside = running().filter((pid) => pid !== main?.pid);
    for (const pid of inside.length > 0 ? inside : running()) signalTo(pid, 'SIGTERM');
    await until(() => running().length === 0, graceMs);
  }
  if (main !== undefined && isAlive(main)) signalTo(-main.pid, 'SIGKILL');
  await until(() => {
    const left = running();
    for (const pid of left) signalTo(pid, 'SIGKILL');
    return left.length === 0;
  }, killedMs);
}

async function until(isSo: () => boolean, withinMs: number): Promise<void> {
  for (const endMs = performance.now() + withinMs; !isSo() && performance.now() < endMs;) await delay(20);
}
