import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Changes } from '../changes.js';
import { TunnelsError } from '../errors.js';
import { takeAddress } from '../listener/take-address.js';
import type { LinkFailure } from '../link/failure.js';
import { LinkKeeper } from '../link/keeper.js';
import type { RunProbe } from '../probe/probe.js';
import type { Target, TunnelSpec } from '../spec.js';
import type { SupervisorStatus, TunnelEvent, TunnelStatus } from '../status.js';
import { endProcess } from './end-process.js';
import type { Ledger } from './ledger.js';
import type { Owner } from './owner.js';
import type { NetRecord } from './record.js';
import { isEqualTunnel, isSameTunnel, linkKey } from './same.js';
import type { Providers, TunnelSelector, WaitFor } from './seam.js';
import { select, type Selection } from './select.js';
import { Tunnel } from './tunnel.js';

/** How long a process of a link may outlive it, in milliseconds. */
const CHILD_GRACE_MS = 500;

export interface SupervisorOptions {
  readonly owner: Owner;
  /** Its own folder. */
  readonly folder: string;
  readonly providers: Providers;
  readonly runProbe: RunProbe;
  readonly ledger: Ledger;
  readonly record: NetRecord;
  /** How long connections may take to end when their tunnel is closed, in milliseconds. */
  readonly drainMs: number;
  /** Told of everything that happens. */
  readonly onEvent: (event: TunnelEvent) => void;
  /** Whether somebody follows what happens. */
  readonly isWatched: () => boolean;
}

/** How far to wait, at most how long, and until called off. */
export interface Waiting {
  readonly until: WaitFor;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Opens, keeps and closes the tunnels of one project. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #tunnels = new Map<string, Tunnel>();
  readonly #keepers = new Map<string, LinkKeeper>();
  readonly #changes = new Changes();
  #turn: Promise<unknown> = Promise.resolve();
  #directories = 0;
  #hasServed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#tunnels.size === 0;
  }

  /** Whether tunnels were opened for somebody; those of an `up` that came to nothing do not count. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  async status(): Promise<SupervisorStatus> {
    const { owner } = this.#options;
    return {
      instance: owner.instance,
      pid: owner.identity.pid,
      startedAt: owner.startedAt,
      project: owner.project,
      memoryBytes: process.memoryUsage.rss(),
      tunnels: await this.#statusOf([...this.#tunnels.values()]),
    };
  }

  /** Opens tunnels, all or none, and waits for them; what it opened is closed again when they do not get that far. */
  async up(specs: readonly TunnelSpec[], waiting: Waiting): Promise<readonly TunnelStatus[]> {
    const { opened, meant } = await this.#inTurn(() => this.#open(specs));
    try {
      await this.#reach(meant, waiting);
    } catch (error) {
      await this.#inTurn(() => this.#close(opened, 'it did not become ready'));
      throw error;
    }
    this.#hasServed = true;
    return this.#statusOf(meant);
  }

  async wait(selector: TunnelSelector, waiting: Waiting): Promise<readonly TunnelStatus[]> {
    const { tunnels } = this.#known(selector);
    await this.#reach(tunnels, waiting);
    return this.#statusOf(tunnels);
  }

  async down(selector: TunnelSelector): Promise<{ stopped: readonly string[]; unknown: readonly string[] }> {
    return this.#inTurn(async () => {
      const { tunnels, unknown } = this.#select(selector);
      await this.#close(tunnels, 'closed');
      return { stopped: tunnels.map((tunnel) => tunnel.spec.name), unknown };
    });
  }

  /** Makes links anew; connections over the old ones break. */
  restart(selector: TunnelSelector): readonly string[] {
    const { tunnels } = this.#known(selector);
    for (const keeper of new Set(tunnels.map((tunnel) => tunnel.keeper))) keeper.restart();
    return tunnels.map((tunnel) => tunnel.spec.name);
  }

  /** Asks every far end at once whether it is there. */
  checkLinks(why: string): void {
    for (const keeper of this.#keepers.values()) void keeper.check(why);
  }

  /** Closes everything; settles when nothing is left. */
  async close(drainMs: number = this.#options.drainMs): Promise<void> {
    await this.#inTurn(() => this.#close([...this.#tunnels.values()], 'closed', drainMs));
  }

  #select(selector: TunnelSelector): Selection {
    return select([...this.#tunnels.values()], selector, this.#options.owner.identity.pid);
  }

  /** @throws TunnelsError HAWSER_NET_TUNNEL_NOT_FOUND */
  #known(selector: TunnelSelector): Selection {
    const selection = this.#select(selector);
    const [unknown] = selection.unknown;
    if (unknown === undefined) return selection;
    throw new TunnelsError('HAWSER_NET_TUNNEL_NOT_FOUND', `There is no tunnel '${unknown}'.`, {
      details: { unknown: selection.unknown },
    });
  }

  async #open(specs: readonly TunnelSpec[]): Promise<{ opened: readonly Tunnel[]; meant: readonly Tunnel[] }> {
    const opened: Tunnel[] = [];
    const meant: Tunnel[] = [];
    try {
      for (const spec of specs) {
        const there = this.#existing(spec);
        if (there) {
          meant.push(there);
          continue;
        }
        const tunnel = this.#tunnel(spec);
        // Known from here on, so that closing what was opened finds its link even if nothing could be bound.
        opened.push(tunnel);
        meant.push(tunnel);
        await this.#bind(tunnel);
      }
      if (opened.length > 0) await this.#options.record.write([...this.#tunnels.values()]);
    } catch (error) {
      await this.#close(opened, 'another could not be opened');
      throw error;
    }
    // Only now, so that a link knows all it is made for, and none is made for tunnels that come to nothing.
    for (const tunnel of opened) tunnel.start();
    return { opened, meant };
  }

  /** @throws TunnelsError HAWSER_NET_EXISTS */
  #existing(spec: TunnelSpec): Tunnel | undefined {
    const named = this.#tunnels.get(spec.name);
    if (named && isSameTunnel(named.spec, spec)) return named;
    if (named) {
      throw new TunnelsError('HAWSER_NET_EXISTS', `A tunnel ${spec.name} is open already, and it is another one.`, {
        hint: `Close it with hawser net down --name ${spec.name}, or choose another name.`,
        details: { name: spec.name, set: named.spec.set, port: named.local.port },
      });
    }
    if (spec.onPortConflict !== 'reuse') return undefined;
    return [...this.#tunnels.values()].find((tunnel) => isEqualTunnel(tunnel.spec, spec));
  }

  #tunnel(spec: TunnelSpec): Tunnel {
    const tunnel: Tunnel = new Tunnel({
      spec,
      keeper: this.#keeperFor(spec),
      runProbe: this.#options.runProbe,
      isWatched: this.#options.isWatched,
      isoOf,
      onConnection: (text, failure) => this.#tell({ tunnel: spec.name, type: 'connection', text, ...failing(failure) }),
      onProbe: () => this.#probed(tunnel),
      onOver: (why) => void this.#inTurn(() => this.#close([tunnel], why)),
    });
    return tunnel;
  }

  async #bind(tunnel: Tunnel): Promise<void> {
    const { spec, front } = tunnel;
    const bound = await takeAddress({
      local: spec.local,
      onConflict: spec.onPortConflict ?? 'next',
      remembered: this.#options.record.ports[spec.name],
      ownTunnel: (port) => [...this.#tunnels.values()].find((other) => other.local.port === port)?.spec.name,
      connected: front.take,
    });
    tunnel.bound(bound);
    this.#tunnels.set(spec.name, tunnel);
    const where = bound.path ?? `${bound.hosts.join(' and ')}, port ${bound.port}`;
    this.#tell({ tunnel: spec.name, type: 'bound', text: `listens on ${where}` });
  }

  async #close(tunnels: readonly Tunnel[], why: string, drainMs: number = this.#options.drainMs): Promise<void> {
    const mine = tunnels.filter((tunnel) => this.#tunnels.get(tunnel.spec.name) === tunnel);
    for (const { spec } of mine) this.#tunnels.delete(spec.name);
    await Promise.all(tunnels.map((tunnel) => tunnel.close(drainMs)));
    await this.#stopUnused();
    for (const { spec } of mine) this.#tell({ tunnel: spec.name, type: 'removed', text: why });
    this.#changes.happened();
    if (mine.length === 0 || this.isEmpty) return;
    await this.#options.record.write([...this.#tunnels.values()]);
  }

  async #stopUnused(): Promise<void> {
    const used = new Set([...this.#tunnels.values()].map((tunnel) => tunnel.keeper));
    const unused = [...this.#keepers].filter(([, keeper]) => !used.has(keeper));
    for (const [key] of unused) this.#keepers.delete(key);
    await Promise.all(unused.map(([, keeper]) => keeper.stop()));
  }

  #keeperFor({ set, via }: TunnelSpec): LinkKeeper {
    const key = linkKey(set, via);
    const there = this.#keepers.get(key);
    if (there) return there;
    const { providers, ledger, folder } = this.#options;
    const keeper: LinkKeeper = new LinkKeeper({
      via,
      targets: () => this.#targetsOf(keeper),
      provider: providers[via.kind],
      newDirectory: async () => {
        this.#directories += 1;
        const path = join(folder, `l${this.#directories}`);
        await mkdir(path, { mode: 0o700 });
        return path;
      },
      children: {
        add: (child) => ledger.add(child),
        forget: async (children) => {
          // A link ends its processes itself; what it could not end must not outlive its record.
          await Promise.all(children.map(({ identity }) => endProcess(identity, CHILD_GRACE_MS)));
          await ledger.forget(children);
        },
      },
      onChange: () => this.#linkChanged(keeper),
      onDebug: (text) => this.#tell({ ...this.#firstOf(keeper), type: 'debug', text }),
      nowMs: () => performance.now(),
      random: Math.random,
    });
    this.#keepers.set(key, keeper);
    return keeper;
  }

  #over(keeper: LinkKeeper): readonly Tunnel[] {
    return [...this.#tunnels.values()].filter((tunnel) => tunnel.keeper === keeper);
  }

  #targetsOf(keeper: LinkKeeper): readonly Target[] {
    return this.#over(keeper).map((tunnel) => tunnel.spec.to);
  }

  #firstOf(keeper: LinkKeeper): { readonly tunnel?: string } {
    const [first] = this.#over(keeper);
    return first ? { tunnel: first.spec.name } : {};
  }

  #linkChanged(keeper: LinkKeeper): void {
    const { state, failure } = keeper.view;
    for (const tunnel of this.#over(keeper)) {
      const text = failure ? `${state}: ${failure.message}` : state;
      this.#tell({ tunnel: tunnel.spec.name, type: 'link', state, text, ...failing(failure) });
      tunnel.linkChanged();
    }
    this.#changes.happened();
  }

  #probed(tunnel: Tunnel): void {
    const { state } = tunnel;
    const { message } = tunnel.probeStatus;
    this.#tell({ tunnel: tunnel.spec.name, type: 'probe', state, text: message ?? '' });
    this.#changes.happened();
  }

  /** Waits until tunnels are as far as asked. */
  async #reach(tunnels: readonly Tunnel[], { until, timeoutMs, signal }: Waiting): Promise<void> {
    const bound = new AbortController();
    const end = (): void => bound.abort();
    const timer = setTimeout(end, timeoutMs);
    signal.addEventListener('abort', end);
    const calm = until === 'healthy' ? tunnels.map((tunnel) => tunnel.beEager()) : [];
    try {
      for (;;) {
        signal.throwIfAborted();
        for (const tunnel of tunnels) this.#refuseHopeless(tunnel);
        const late = tunnels.filter((tunnel) => !tunnel.isAsFarAs(until));
        if (late.length === 0) return;
        if (bound.signal.aborted) throw notReady(late, timeoutMs);
        await this.#changes.next(bound.signal);
      }
    } finally {
      for (const release of calm) release();
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  /** @throws TunnelsError when waiting any longer cannot help */
  #refuseHopeless(tunnel: Tunnel): void {
    const { name } = tunnel.spec;
    if (this.#tunnels.get(name) !== tunnel) {
      throw new TunnelsError('HAWSER_NET_NOT_READY', `Tunnel ${name} was closed before it was ready.`, {
        hint: 'Open it again with hawser net up.',
        details: { tunnel: name },
      });
    }
    const { state, failure } = tunnel.keeper.view;
    if (!failure || (state !== 'failed' && state !== 'needs-auth')) return;
    const code = state === 'failed' ? 'HAWSER_NET_LINK_FAILED' : 'HAWSER_NET_NEEDS_AUTH';
    throw new TunnelsError(code, `Tunnel ${name}: ${failure.message}`, {
      hint: failure.hint,
      details: { tunnel: name, cause: failure.cause, authCommand: failure.authCommand },
    });
  }

  async #statusOf(tunnels: readonly Tunnel[]): Promise<readonly TunnelStatus[]> {
    return Promise.all(tunnels.map((tunnel) => tunnel.status()));
  }

  #tell(event: Omit<TunnelEvent, 'at'>): void {
    this.#options.onEvent({ at: new Date().toISOString(), ...event });
  }

  /** What changes the set of tunnels is done one after the other. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function failing(failure: LinkFailure | undefined): { readonly failure?: LinkFailure } {
  return failure ? { failure } : {};
}

/** Wall clock of a monotonic time. Taken anew each time: the clocks drift apart while the machine sleeps. */
function isoOf(monotonicMs: number): string {
  return new Date(Date.now() + (monotonicMs - performance.now())).toISOString();
}

function notReady(late: readonly Tunnel[], timeoutMs: number): TunnelsError {
  const [first] = late;
  const { name } = first!.spec;
  const { message, hint, failure } = first!.trouble;
  const others = late.length > 1 ? ` (and ${late.length - 1} more)` : '';
  return new TunnelsError(
    'HAWSER_NET_NOT_READY',
    `Tunnel ${name}${others} was not ready within ${Math.round(timeoutMs / 100) / 10} s: ${message}`,
    { hint, details: { tunnels: late.map((tunnel) => tunnel.spec.name), state: first!.state, cause: failure?.cause } },
  );
}
