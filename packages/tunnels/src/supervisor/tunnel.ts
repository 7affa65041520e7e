import { bracketed, type Bound } from '../listener/bind.js';
import { Front } from '../listener/front.js';
import { clientsOf } from '../listener/sockets.js';
import type { LinkKeeper } from '../link/keeper.js';
import type { LinkFailure } from '../link/failure.js';
import type { RunProbe } from '../probe/probe.js';
import type { TunnelSpec } from '../spec.js';
import type { LinkState, TunnelStatus } from '../status.js';
import { Prober } from './prober.js';
import type { WaitFor } from './seam.js';

/** How long a new connection waits for the link unless the tunnel says otherwise, in milliseconds. */
const HOLD_MS = 10_000;
/** So many clients at most are told in a status. */
const MOST_CLIENTS = 50;

export interface TunnelOptions {
  readonly spec: TunnelSpec;
  readonly keeper: LinkKeeper;
  readonly runProbe: RunProbe;
  readonly isWatched: () => boolean;
  /** Wall clock of a monotonic time, as ISO 8601. */
  readonly isoOf: (monotonicMs: number) => string;
  readonly onConnection: (text: string, failure?: LinkFailure) => void;
  readonly onProbe: () => void;
  /** It has come to its end by itself. */
  readonly onOver: (why: string) => void;
}

/** One tunnel: an address here, joined by a link to a target there. */
export class Tunnel {
  readonly spec: TunnelSpec;
  readonly keeper: LinkKeeper;
  readonly front: Front;
  readonly createdAt: string = new Date().toISOString();
  readonly #options: TunnelOptions;
  readonly #prober: Prober;
  #bound: Bound | undefined;
  #ttl: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: TunnelOptions) {
    const { spec, keeper, isWatched } = options;
    this.#options = options;
    this.spec = spec;
    this.keeper = keeper;
    this.front = new Front({
      keeper,
      target: spec.to,
      holdMs: spec.holdMs ?? HOLD_MS,
      onConnection: options.onConnection,
    });
    this.#prober = new Prober({
      keeper,
      probe: spec.probe ?? { kind: 'tcp' },
      target: spec.to,
      run: options.runProbe,
      isWatched: () => this.front.isUsed || isWatched(),
      onChange: options.onProbe,
    });
  }

  /** Where it listens: from here on {@link local} is known. */
  bound(bound: Bound): void {
    this.#bound = bound;
  }

  /** Goes into service. */
  start(): void {
    const { spec } = this;
    if (spec.ttlMs !== undefined) {
      this.#ttl = setTimeout(() => this.#options.onOver('its time is over'), clampTimer(spec.ttlMs));
    }
    if (spec.idleMs !== undefined) this.#lookIdle(spec.idleMs);
    if (spec.lazy !== true) this.keeper.want();
    this.#prober.look();
  }

  /** The address is given back before this settles; so are the connections, after at most `drainMs`. */
  async close(drainMs: number): Promise<void> {
    clearTimeout(this.#ttl);
    clearTimeout(this.#idle);
    this.#prober.stop();
    await this.#bound?.close();
    await this.front.close(drainMs);
  }

  /** The link has changed. */
  linkChanged(): void {
    this.#prober.look();
  }

  /** See {@link Prober.beEager}. */
  beEager(): () => void {
    return this.#prober.beEager();
  }

  get local(): TunnelStatus['local'] {
    const { hosts, port, path } = this.#bound!;
    return { hosts, port, ...(path === undefined ? {} : { path }) };
  }

  /** Whether it is as far as that; a lazy tunnel nobody has used yet is ready when it is bound. */
  isAsFarAs(wait: WaitFor): boolean {
    const { state } = this.keeper.view;
    if (wait === 'bound' || (this.spec.lazy === true && state === 'idle')) return true;
    return wait === 'link' ? state === 'ready' : this.#prober.isOk;
  }

  get state(): LinkState {
    const { state } = this.keeper.view;
    return state === 'ready' && this.#prober.isFailing ? 'degraded' : state;
  }

  get probeStatus(): TunnelStatus['probe'] {
    return this.#prober.status;
  }

  /** What keeps it from being well, if anything does. */
  get trouble(): { readonly message: string; readonly hint?: string | undefined; readonly failure?: LinkFailure } {
    const { failure, state } = this.keeper.view;
    if (failure) return { message: failure.message, hint: failure.hint, failure };
    const { message } = this.#prober.status;
    if (message !== undefined) return { message, hint: this.#prober.hint };
    return { message: `The link is ${state}, and no probe has been answered yet.` };
  }

  /** The variables for programs, with the address filled in. */
  get env(): Readonly<Record<string, string>> {
    const { hosts, port, path } = this.local;
    const host = hosts[0] ?? '';
    const addr = path ?? `${bracketed(host)}:${port}`;
    const values: Readonly<Record<string, string>> = {
      addr,
      host: path ?? host,
      port: String(port),
      url: path === undefined ? `http://${addr}` : `unix:${path}`,
    };
    const fill = (text: string): string =>
      text.replaceAll(/\{(addr|host|port|url)\}/g, (_all, key: string) => values[key]!);
    return Object.fromEntries(Object.entries(this.spec.env ?? {}).map(([name, text]) => [name, fill(text)]));
  }

  async status(): Promise<TunnelStatus> {
    const { view, pids } = this.keeper;
    const { isoOf } = this.#options;
    const { local } = this;
    const clients = await clientsOf(local.port, this.front.clientPorts);
    return {
      spec: this.spec,
      local,
      env: this.env,
      link: {
        state: this.state,
        since: isoOf(view.sinceMs),
        connects: view.connects,
        pids,
        ...(view.failure === undefined ? {} : { failure: view.failure }),
        ...(view.nextTryAtMs === undefined ? {} : { nextTryAt: isoOf(view.nextTryAtMs) }),
      },
      probe: this.#prober.status,
      connections: {
        ...this.front.counts,
        clients: [...clients.values()].slice(0, MOST_CLIENTS).map(({ pid, program }) => ({
          ...(pid === undefined ? {} : { pid }),
          ...(program === undefined ? {} : { program }),
        })),
      },
      bytes: this.front.bytes,
      createdAt: this.createdAt,
    };
  }

  #lookIdle(idleMs: number): void {
    const leftMs = idleMs - this.front.idleMs;
    if (leftMs <= 0) this.#options.onOver('nobody has used it for long');
    else this.#idle = setTimeout(() => this.#lookIdle(idleMs), clampTimer(leftMs));
  }
}

/** What Node's timers can count; more would be no time at all. */
function clampTimer(ms: number): number {
  return Math.min(ms, 2 ** 31 - 1);
}
