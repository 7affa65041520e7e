import type { LinkKeeper } from '../link/keeper.js';
import type { ProbeResult, RunProbe } from '../probe/probe.js';
import type { ProbeSpec, Target } from '../spec.js';
import type { TunnelStatus } from '../status.js';

/** How often a tunnel in use is probed, in milliseconds. */
const EVERY_MS = 15_000;
/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** Pauses while somebody waits for a tunnel to become healthy, in milliseconds: short first, then longer. */
const EAGER_MS = [50, 100, 250, 500, 1_000, 2_000];
/** How many latencies the percentiles are taken from. */
const SAMPLES = 60;

export interface ProberOptions {
  readonly keeper: LinkKeeper;
  readonly probe: ProbeSpec;
  readonly target: Target;
  readonly run: RunProbe;
  /** Whether anybody cares: connections, or somebody who watches. */
  readonly isWatched: () => boolean;
  readonly onChange: () => void;
}

/** Asks the application behind a tunnel whether it is there: as soon as the link is up, and while it is used. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #stop = new AbortController();
  readonly #latencies: number[] = [];
  #result: ProbeResult | undefined;
  #lastOkAt: string | undefined;
  /** For which making of the link the result holds. */
  #connects = 0;
  #running = false;
  #eager = 0;
  #eagerRound = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Whether a probe went through the link as it is now. */
  get isOk(): boolean {
    const { state, connects } = this.#options.keeper.view;
    return this.#result?.ok === true && this.#connects === connects && state === 'ready';
  }

  get isFailing(): boolean {
    return this.#result?.ok === false;
  }

  get status(): TunnelStatus['probe'] {
    const result = this.#result;
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1]! * 10) / 10;
    return {
      state: result === undefined ? 'never' : result.ok ? 'ok' : 'failing',
      ...(this.#lastOkAt === undefined ? {} : { lastOkAt: this.#lastOkAt }),
      ...(sorted.length === 0 ? {} : { latencyMs: { p50: at(0.5), p95: at(0.95) } }),
      ...(result === undefined ? {} : { message: result.ok ? result.detail : result.message }),
    };
  }

  /** What to do about a failing probe, if anything is known. */
  get hint(): string | undefined {
    return this.#result?.ok === false ? this.#result.hint : undefined;
  }

  /** Somebody waits for it to be well, until the function that comes back is called. */
  beEager(): () => void {
    this.#eager += 1;
    this.#eagerRound = 0;
    this.look();
    return () => {
      this.#eager -= 1;
    };
  }

  /** Probes now if that is due: the link came up, or somebody has begun to wait. */
  look(): void {
    const { keeper } = this.#options;
    if (this.#running || this.#stop.signal.aborted || !keeper.isUp) return;
    const isNewLink = this.#connects !== keeper.view.connects;
    if (isNewLink || (this.#eager > 0 && !this.isOk)) void this.#probe();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  async #probe(): Promise<void> {
    const { keeper, probe, target, run, onChange } = this.#options;
    clearTimeout(this.#timer);
    this.#running = true;
    const { connects } = keeper.view;
    const { signal } = this.#stop;
    const dial = (within: AbortSignal): ReturnType<LinkKeeper['dial']> => keeper.dial(target, within);
    const result = await run({ probe, target, timeoutMs: TIMEOUT_MS, signal, dial });
    this.#running = false;
    if (signal.aborted) return;
    this.#note(result, connects);
    onChange();
    if (!result.ok && result.at === 'link' && keeper.isUp) void keeper.check('a probe could not be made');
    if (this.#connects === keeper.view.connects) this.#again();
    else this.look();
  }

  #note(result: ProbeResult, connects: number): void {
    this.#result = result;
    this.#connects = connects;
    if (!result.ok) return;
    this.#eagerRound = 0;
    this.#lastOkAt = new Date().toISOString();
    this.#latencies.push(result.latencyMs);
    if (this.#latencies.length > SAMPLES) this.#latencies.shift();
  }

  #again(): void {
    const isEager = this.#eager > 0 && !this.isOk;
    const waitMs = isEager ? (EAGER_MS[this.#eagerRound++] ?? EAGER_MS.at(-1)!) : EVERY_MS;
    this.#timer = setTimeout(() => this.#due(), waitMs);
  }

  #due(): void {
    const { keeper, isWatched } = this.#options;
    if (keeper.isUp && (this.#eager > 0 || isWatched())) void this.#probe();
    else this.#again();
  }
}
