import { execFile } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { JobPayload } from '@hawser/exec-client/contract';
import { currentProcess } from '@hawser/state-store/process';
import { LogWriter } from '../logs/writer.js';
import { clone, credentialEnvironment, type Cloned } from './clone.js';
import { startCommand, type CommandEnd, type RunningCommand } from './command.js';
import { createPrivate, readDocument } from './files.js';
import { launchOf, type Launch } from './launch.js';
import type { OpenedBackend } from './open.js';
import { NeverBegan } from './never-began.js';
import { marker } from './processes.js';
import { runPlaces, type Places, type RunPlaces } from './places.js';
import { Reporter } from './reporter.js';
import { FactsFile } from './run-facts.js';
import type { StopWish, StoredJob } from './runner.js';
import { removeTree } from './remove-tree.js';
import { removeRun } from './tidy.js';
import { messageOf } from '../stores/file-errors.js';
import { watchFolder } from '../stores/watch-folder.js';

/** What a supervisor is made of. */
export interface SuperviseOptions {
  readonly places: Places;
  readonly executionId: string;
  readonly attempt: number;
  /** Opened only once it is certain that this process is the supervisor. */
  readonly open: () => Promise<OpenedBackend>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where commands look for programs, unless PATH is declared. */
const commandPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

/**
 * Runs one attempt from its payload to its end, in a process of its own. Of several that are started for one attempt, one
 * does it. What it knows is in its facts file before it is reported, so that whoever finds it dead can tell the truth.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { places, executionId, attempt } = options;
  const run = runPlaces(places, executionId, attempt);
  const stored = readDocument(run.job) as StoredJob | undefined;
  if (stored === undefined || !createPrivate(run.supervisor, JSON.stringify(await currentProcess()))) return;
  const facts = new FactsFile(run.facts);
  const pipes = makePipes(run);
  // Looked at when they are needed.
  pipes.catch(() => undefined);
  const { backend, runner } = await options.open();
  try {
    let payload: JobPayload;
    try {
      payload = await backend.job.claim(executionId, stored.job.token);
    } catch (error) {
      const reason = messageOf(error);
      facts.note({ state: 'stopped', reasonCode: 'payload', reason, stoppedAtMs: Date.now() });
      rmSync(run.job);
      throw error;
    }
    rmSync(run.job);
    const reporter = new Reporter(backend.job, payload, () => rmSync(run.work, { recursive: true, force: true }));
    const { mayBeRetried } = await new Attempt({ ...options, run, stored, payload, facts, reporter, pipes }).run();
    await removeTree(run.work);
    if (reporter.isTold) await removeRun(run);
    // There is more to do, and perhaps nobody who looks.
    if (mayBeRetried || !reporter.isTold) await runner.waiting?.(executionId);
  } finally {
    facts.close();
    await backend.close();
  }
}

interface AttemptOptions extends SuperviseOptions {
  readonly run: RunPlaces;
  readonly stored: StoredJob;
  readonly payload: JobPayload;
  readonly facts: FactsFile;
  readonly reporter: Reporter;
  readonly pipes: Promise<void>;
}

/** One attempt under way. */
class Attempt {
  readonly #options: AttemptOptions;
  readonly #stopping = new AbortController();
  readonly #logFolder: string;
  #command: RunningCommand | undefined;
  #runnerLog: LogWriter | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #timedOut = false;
  #wish: StopWish | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#logFolder = join(options.places.logs, options.executionId);
  }

  async run(): Promise<{ readonly mayBeRetried: boolean }> {
    const onSignal = (): void => this.#stop();
    const ignore = (): void => undefined;
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', ignore);
    // Asked before we listened.
    if ((readDocument(this.#options.run.stop) as StopWish | undefined) !== undefined) this.#stop();
    const { facts, pipes, run } = this.#options;
    facts.note({ state: 'preparing' });
    const init = new LogWriter(this.#logFolder, 'init');
    let alive: number | undefined;
    try {
      await pipes;
      // Held open as long as we live: its other end tells whoever waits for our end.
      alive = openSync(run.alive, 'r+');
      const cloned = await this.#clone(init);
      await this.#runCommand(cloned, init);
      return { mayBeRetried: false };
    } catch (error) {
      await init.end();
      return { mayBeRetried: await this.#failed(error) };
    } finally {
      if (alive !== undefined) closeSync(alive);
      clearTimeout(this.#killTimer);
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('SIGHUP', ignore);
    }
  }

  #clone(init: LogWriter): Promise<Cloned | undefined> {
    const { payload, run, env } = this.#options;
    return clone({
      payload,
      tree: run.tree,
      scratch: join(run.folder, 'clone'),
      env: Object.fromEntries(
        Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      say: (text) => void init.append(Buffer.from(text), Date.now()),
      signal: this.#stopping.signal,
    });
  }

  async #runCommand(cloned: Cloned | undefined, init: LogWriter): Promise<void> {
    const { payload, run, facts, reporter, executionId } = this.#options;
    const found = cloned && { commit: cloned.commit, ...(cloned.tree !== undefined && { tree: cloned.tree }) };
    reporter.tell({ event: 'prepared', at: Date.now(), ...found });
    for (const folder of [run.home, run.tmp]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (payload.workdir !== undefined && !existsSync(join(run.tree, payload.workdir))) {
      throw new NeverBegan('payload', `There is no folder ${payload.workdir} in what was cloned.`);
    }
    const launch = this.#launch(cloned);
    this.#stopping.signal.throwIfAborted();
    // Begun before the other is ended: readers go from the one to the other.
    const log = (this.#runnerLog = new LogWriter(this.#logFolder, 'runner'));
    await init.end();
    const startedAtMs = Date.now();
    const container = launch.container && { program: launch.file, name: launch.container.name };
    // Noted before it may be so. A container's command begins only when its image is there.
    facts.note({ state: container ? 'preparing' : 'running', began: true, startedAtMs, container });
    const command = await startCommand({ launch, executionId, pipe: run.output, log });
    this.#command = command;
    if (launch.container) await containerThere(launch.container.idFile, command.ended);
    if (launch.container === undefined || existsSync(launch.container.idFile)) {
      facts.note({ state: 'running' });
      reporter.tell({ event: 'running', at: Date.now() });
    }
    const deadline = setTimeout(() => {
      this.#timedOut = true;
      this.#endCommand(payload.grace_seconds);
    }, payload.timeout_seconds * 1000);
    if (this.#wish) this.#stop();
    const end = await command.ended;
    clearTimeout(deadline);
    if (launch.container === undefined || existsSync(launch.container.idFile)) return this.#ended(end, log);
    this.#command = undefined;
    throw new NeverBegan('image_pull', 'The container could not be made: the log says why.');
  }

  async #ended(end: CommandEnd, log: LogWriter): Promise<void> {
    const { facts, reporter, payload } = this.#options;
    const stoppedAtMs = Date.now();
    const { complete: _complete, ...counted } = await log.end();
    const missing = end.exitCode === 127 && end.signal === undefined && !this.#timedOut && !this.#wish;
    const why = this.#timedOut
      ? { reason: `It was stopped after ${payload.timeout_seconds} s, its time limit.` }
      : missing
        ? {
            reason: `A program was not found: local runs look for programs in ${commandPath}, unless PATH is declared.`,
          }
        : {};
    const code = this.#timedOut ? ('timeout' as const) : missing ? ('command_not_found' as const) : undefined;
    facts.note({ state: 'stopped', stoppedAtMs, ...end, ...why, reasonCode: code });
    reporter.tell({
      event: 'ended',
      at: stoppedAtMs,
      exit_code: end.exitCode,
      ...(end.signal !== undefined && { signal: end.signal }),
      ...(this.#timedOut && { timed_out: true }),
      ...(code !== undefined && { reason_code: code }),
      ...why,
      log: counted,
    });
    await reporter.finished();
  }

  /** The command never began; or it did, and we cannot go on. Whether another attempt may do better. */
  async #failed(error: unknown): Promise<boolean> {
    const { facts, reporter } = this.#options;
    if (this.#command !== undefined) throw error;
    const at = Date.now();
    const { reasonCode, message: reason, retryable } = this.#explain(error);
    await this.#runnerLog?.end();
    facts.note({ state: 'stopped', began: false, stoppedAtMs: at, reasonCode, reason, retryable });
    reporter.tell({ event: 'failed', at, reason_code: reasonCode, reason });
    await reporter.finished();
    return retryable;
  }

  #explain(error: unknown): NeverBegan {
    if (this.#stopping.signal.aborted) {
      const why = this.#wish?.reason ?? 'its supervisor was asked to end';
      return new NeverBegan('cancelled', `It was stopped before the command began: ${why}.`);
    }
    if (error instanceof NeverBegan) return error;
    return new NeverBegan('permission', `The command could not be started: ${messageOf(error)}`);
  }

  #launch(cloned: Cloned | undefined): Launch {
    const { payload, run, stored, places, env, executionId, attempt } = this.#options;
    return launchOf({
      isolation: stored.isolation,
      executionId,
      attempt,
      command: payload,
      entrypoint: payload.entrypoint,
      workdir: payload.workdir,
      env: {
        PATH: commandPath,
        LANG: env['LANG'] ?? 'C.UTF-8',
        TERM: 'dumb',
        HOME: run.home,
        TMPDIR: run.tmp,
        ...this.#gitCredentials(),
        ...payload.env,
        ...(cloned && { HAWSER_EXEC_COMMIT: cloned.commit }),
        [marker]: executionId,
      },
      run,
      backendFolder: places.folder,
      personHome: env['HOME'],
      path: env['PATH'] ?? commandPath,
    });
  }

  /** Only where the request says so: for submodules, and modules from git. */
  #gitCredentials(): Readonly<Record<string, string>> {
    const { payload, run } = this.#options;
    if (payload.git_credentials !== 'run') return {};
    const folder = join(run.work, 'git');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return credentialEnvironment(payload.git, payload.repo ?? '', folder);
  }

  /** Somebody wants an end: before the command at once, while it runs with its grace period. */
  #stop(): void {
    this.#wish = (readDocument(this.#options.run.stop) as StopWish | undefined) ?? {
      reason: 'its supervisor was asked to end',
      force: false,
    };
    if (this.#command === undefined) this.#stopping.abort();
    else this.#endCommand(this.#wish.force ? 0 : this.#options.payload.grace_seconds);
  }

  #endCommand(graceSeconds: number): void {
    clearTimeout(this.#killTimer);
    const kill = (): void => {
      this.#runnerLog?.giveUp();
      this.#command?.signal('SIGKILL');
    };
    if (graceSeconds === 0) return kill();
    this.#command?.signal('SIGTERM');
    this.#killTimer = setTimeout(kill, graceSeconds * 1000);
  }
}

/** Resolves when the engine made the container, or gave up. */
async function containerThere(idFile: string, ended: Promise<unknown>): Promise<void> {
  const watch = watchFolder(dirname(idFile), (entry) => entry === basename(idFile));
  const over = new AbortController();
  const gaveUp = ended.finally(() => over.abort());
  try {
    while (!existsSync(idFile) && !over.signal.aborted) await watch.next(60_000, over.signal);
  } finally {
    watch.close();
  }
  if (over.signal.aborted) await gaveUp;
}

/** One for the command's output, one to be held open. Node cannot make pipes with names. */
function makePipes(run: RunPlaces): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('mkfifo', ['-m', '600', run.output, run.alive], (error) => (error ? reject(error) : resolve()));
  });
}
