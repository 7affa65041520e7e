import { HfPushError, type HfPushErrorCode } from '../errors.js';
import type { Hub, SpaceRuntime } from '../hub/types.js';
import { ReplayFilter } from './replay.js';

/** The stages of a Space on its way. Stages the Hub invents later are taken for such, too. */
const RUNNING = 'RUNNING';
const FAILED: Readonly<Record<string, { readonly code: HfPushErrorCode; readonly what: string }>> = {
  BUILD_ERROR: { code: 'HAWSER_HF_BUILD_FAILED', what: 'could not be built' },
  CONFIG_ERROR: { code: 'HAWSER_HF_BUILD_FAILED', what: 'has front matter the Hub does not take' },
  NO_APP_FILE: { code: 'HAWSER_HF_BUILD_FAILED', what: 'has no Dockerfile' },
  RUNTIME_ERROR: { code: 'HAWSER_HF_RUN_FAILED', what: 'was built, but does not run' },
  STOPPED: { code: 'HAWSER_HF_RUN_FAILED', what: 'is stopped' },
  PAUSED: { code: 'HAWSER_HF_RUN_FAILED', what: 'is paused' },
  SLEEPING: { code: 'HAWSER_HF_RUN_FAILED', what: 'is asleep' },
  DELETING: { code: 'HAWSER_HF_RUN_FAILED', what: 'is being deleted' },
};
/** Lines of a log that an error carries. */
const LAST_LINES = 20;
/** How long the last lines of a build log may take once the build is over. */
const REST_OF_LOG_MS = 2000;

/** How long to wait for a Space, and what for. */
export interface WaitOptions {
  /**
   * The commit whose outcome is awaited. The runtime names no commit and may be that of the one before: what it says is
   * believed once a stage of building was seen, the build log has a line newer than the commit, or `graceMs` are over.
   * Without a commit it is believed at once.
   */
  readonly commit?: string;
  /** The Space was restarted or its settings changed: what its runtime says may be from before, as after a commit. */
  readonly isRestarted?: boolean;
  /** Default 1,800,000: the Hub's own limit for starting. */
  readonly timeoutMs?: number;
  /** Default 60,000. */
  readonly graceMs?: number;
  /** Longest time between two looks; the first come after one second. Default 5,000. */
  readonly pollMs?: number;
}

/** A Space that runs. */
export interface WaitEnd {
  readonly stage: 'RUNNING';
  readonly runtime: SpaceRuntime;
  /** Why it is believed to be the awaited commit that runs. */
  readonly proof: 'no-commit' | 'transition' | 'build-log' | 'grace';
}

/**
 * Waits until a Space runs, and passes its build log on as events.
 *
 * @throws HfPushError HAWSER_HF_BUILD_FAILED, HAWSER_HF_RUN_FAILED, HAWSER_HF_WAIT_TIMEOUT, each with the last lines of
 * the log in `details`.
 */
export async function waitForSpace(hub: Hub, space: string, options: WaitOptions = {}): Promise<WaitEnd> {
  const over = new AbortController();
  const watch = new Watch(hub, space, options, over.signal);
  try {
    return await watch.run();
  } finally {
    over.abort();
    await watch.logged;
  }
}

class Watch {
  /** Settles when no more lines come. */
  logged: Promise<void> = Promise.resolve();
  readonly #hub: Hub;
  readonly #space: string;
  readonly #options: WaitOptions;
  readonly #over: AbortSignal;
  readonly #startedMs: number;
  #committedAt = '';
  #isReading = false;
  /** The log is opened again where it ended: lines of before are not told twice. */
  readonly #replay = new ReplayFilter();
  #sawTransition = false;
  #sawLine = false;
  /** The last ones of the build log that were passed on. */
  #lines: readonly string[] = [];

  constructor(hub: Hub, space: string, options: WaitOptions, over: AbortSignal) {
    this.#hub = hub;
    this.#space = space;
    this.#options = options;
    this.#over = over;
    this.#startedMs = hub.context.clock.now();
  }

  async run(): Promise<WaitEnd> {
    const { timeoutMs = 1_800_000, pollMs = 5000, commit } = this.#options;
    const { clock, signal, onEvent } = this.#hub.context;
    if (commit !== undefined) this.#committedAt = await this.#dateOf(commit);
    let shown: string | undefined;
    for (let waitMs = Math.min(1000, pollMs); ; waitMs = Math.min(pollMs, waitMs * 1.5)) {
      const runtime = await this.#hub.runtime(this.#space);
      if (runtime.stage !== shown) onEvent?.({ type: 'runtime', space: this.#space, stage: runtime.stage });
      shown = runtime.stage;
      const failure = FAILED[runtime.stage];
      if (runtime.stage !== RUNNING && !failure) this.#sawTransition = true;
      this.#readBuildLog();
      const proof = this.#proof();
      if (proof && (failure || runtime.stage === RUNNING)) await this.#restOfLog();
      if (proof && runtime.stage === RUNNING) return { stage: 'RUNNING', runtime, proof };
      if (proof && failure) throw await this.#failed(runtime, failure);
      const leftMs = this.#startedMs + timeoutMs - clock.now();
      if (leftMs <= 0) throw await this.#tookTooLong(runtime, timeoutMs);
      await clock.sleep(Math.min(waitMs, leftMs), signal);
    }
  }

  #proof(): WaitEnd['proof'] | undefined {
    if (this.#options.commit === undefined && !this.#options.isRestarted) return 'no-commit';
    if (this.#sawTransition) return 'transition';
    if (this.#sawLine) return 'build-log';
    const { graceMs = 60_000 } = this.#options;
    return this.#hub.context.clock.now() - this.#startedMs >= graceMs ? 'grace' : undefined;
  }

  /** When the Hub made the commit, by its own clock: lines of the log are compared with it. */
  async #dateOf(commit: string): Promise<string> {
    const [found] = await this.#hub.listCommits(this.#space, { revision: commit, limit: 1 });
    return found?.date ?? '';
  }

  /** Opens the build log, unless it is being read: the one of the build before may have ended just now. */
  #readBuildLog(): void {
    if (this.#isReading || this.#options.commit === undefined) return;
    this.#isReading = true;
    this.logged = this.#passOn().finally(() => (this.#isReading = false));
  }

  /** The log of a build that is over ends by itself, and soon. */
  async #restOfLog(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, REST_OF_LOG_MS)));
    await Promise.race([this.logged, enough]);
    clearTimeout(timer);
  }

  async #passOn(): Promise<void> {
    const { onEvent } = this.#hub.context;
    try {
      this.#replay.connected();
      for await (const line of this.#hub.logs(this.#space, 'build', { follow: true, signal: this.#over })) {
        const afterMs = Date.parse(line.timestamp) - Date.parse(this.#committedAt);
        // What has no time may be of the build before.
        if (!(afterMs >= 0) || !this.#replay.isNew(line)) continue;
        // A commit's time is cut to the second: so may be what was written within it.
        if (afterMs >= 1000) this.#sawLine = true;
        this.#lines = [...this.#lines, line.line].slice(-LAST_LINES);
        onEvent?.({ type: 'log', log: 'build', ...line });
      }
    } catch {
      // The log is for people: what counts is the runtime, whose failures are told.
    }
  }

  async #tookTooLong({ stage }: SpaceRuntime, timeoutMs: number): Promise<HfPushError> {
    const log = stage.includes('BUILDING') ? 'build' : 'run';
    // A log that is still open takes seconds to read to where it is: what was read of it will do.
    const isKnown = log === 'build' && this.#lines.length > 0;
    const lines = isKnown ? this.#lines : await lastLines(this.#hub, this.#space, log);
    return new HfPushError(
      'HAWSER_HF_WAIT_TIMEOUT',
      `${this.#space} is still ${stage} after ${Math.round(timeoutMs / 1000)} s`,
      { details: { stage, timeoutMs, log, lines } },
    );
  }

  async #failed(
    { errorMessage, stage }: SpaceRuntime,
    { code, what }: { readonly code: HfPushErrorCode; readonly what: string },
  ): Promise<HfPushError> {
    const log = code === 'HAWSER_HF_BUILD_FAILED' ? 'build' : 'run';
    const lines = await lastLines(this.#hub, this.#space, log);
    const why = errorMessage ?? lines.at(-1);
    return new HfPushError(code, `The Space ${this.#space} ${what}${why ? `: ${why}` : ''}`, {
      details: { stage, log, lines },
    });
  }
}

/** The end of a log as it stands; none where it cannot be read. */
async function lastLines(hub: Hub, space: string, log: 'build' | 'run'): Promise<readonly string[]> {
  const last: string[] = [];
  try {
    for await (const { line } of hub.logs(space, log)) {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    }
  } catch (error) {
    hub.context.signal?.throwIfAborted();
    if (!(error instanceof HfPushError)) throw error;
  }
  return last;
}
