import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LinkError, type LinkCause, type LinkFailure } from '../link/failure.js';
import type { LinkKeeper } from '../link/keeper.js';
import type { Target } from '../spec.js';
import { pump, reset } from './pump.js';

/** So many connections may wait for a link at once; more are refused. */
const MOST_HELD = 1024;
/** How long it takes until a link that is up, but could not dial, is tried again, in milliseconds. */
const AGAIN_MS = 100;

/** With these the link works, and the far end has said no: waiting would not help. */
const refusals: ReadonlySet<LinkCause> = new Set([
  'access-denied',
  'config',
  'forward-denied',
  'no-pod',
  'resolve',
  'target-refused',
  'unreachable',
]);

export interface FrontOptions {
  readonly keeper: LinkKeeper;
  readonly target: Target;
  /** How long a connection waits for the link, in milliseconds. */
  readonly holdMs: number;
  /** A connection came, got its far end, or ended. */
  readonly onConnection: (text: string, failure?: LinkFailure) => void;
}

/** Takes the connections of one tunnel, holds them while the link is away, and joins them to the far end. */
export class Front {
  readonly #options: FrontOptions;
  readonly #held = new Set<Socket>();
  readonly #open = new Map<Socket, Duplex>();
  readonly #stop = new AbortController();
  readonly #emptied = new Set<() => void>();
  #total = 0;
  #refused = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #lastUse = performance.now();

  constructor(options: FrontOptions) {
    this.#options = options;
    // One listener for each connection that waits.
    setMaxListeners(0, this.#stop.signal);
  }

  get counts(): { readonly open: number; readonly held: number; readonly total: number; readonly refused: number } {
    return { open: this.#open.size, held: this.#held.size, total: this.#total, refused: this.#refused };
  }

  /** Bytes that came from the far end, and that went there. */
  get bytes(): { readonly in: number; readonly out: number } {
    const open = [...this.#open.keys()];
    return {
      in: open.reduce((sum, client) => sum + client.bytesWritten, this.#bytesIn),
      out: open.reduce((sum, client) => sum + client.bytesRead, this.#bytesOut),
    };
  }

  /** Ports at the clients' end; none over a unix socket. */
  get clientPorts(): readonly number[] {
    return [...this.#open.keys(), ...this.#held].flatMap((client) => client.remotePort ?? []);
  }

  get isUsed(): boolean {
    return this.#open.size + this.#held.size > 0;
  }

  /** How long there has been no connection, in milliseconds. */
  get idleMs(): number {
    return this.isUsed ? 0 : performance.now() - this.#lastUse;
  }

  /** Takes a paused socket. */
  readonly take = (client: Socket): void => {
    this.#total += 1;
    client.on('error', ignore);
    if (this.#stop.signal.aborted || this.#held.size >= MOST_HELD) {
      this.#refuse(client, 'refused: too many wait already');
      return;
    }
    this.#held.add(client);
    this.#options.keeper.want();
    void this.#join(client);
  };

  /** Refuses those that wait, lets the others end, at most so long, and breaks what is left. */
  async close(drainMs: number): Promise<void> {
    this.#stop.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    const emptied = new Promise<void>((resolve) => {
      this.#emptied.add(resolve);
    });
    if (this.isUsed) await Promise.race([emptied, late]);
    clearTimeout(timer);
    for (const [client, far] of this.#open) {
      reset(client);
      reset(far);
    }
  }

  async #join(client: Socket): Promise<void> {
    const { holdMs, onConnection } = this.#options;
    const patience = new AbortController();
    const end = (): void => patience.abort();
    const timer = setTimeout(end, holdMs);
    this.#stop.signal.addEventListener('abort', end);
    client.once('close', end);
    try {
      const far = await this.#dial(patience.signal);
      if (client.destroyed) {
        far.on('error', ignore);
        far.destroy();
        return;
      }
      this.#held.delete(client);
      this.#open.set(client, far);
      onConnection('connected');
      pump(client, far, () => this.#ended(client));
    } catch (error) {
      const failure = error instanceof LinkError ? error.failure : undefined;
      this.#refuse(client, failure?.message ?? 'refused: the link stayed away too long', failure);
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener('abort', end);
      client.off('close', end);
      this.#held.delete(client);
      this.#tellIfEmpty();
    }
  }

  /** A far end, or the reason why there will be none. */
  async #dial(patience: AbortSignal): Promise<Duplex> {
    const { keeper, target } = this.#options;
    for (;;) {
      try {
        return await keeper.dial(target, patience);
      } catch (error) {
        const { state } = keeper.view;
        const isRefusal = error instanceof LinkError && refusals.has(error.failure.cause);
        if (patience.aborted || isRefusal || state === 'failed' || state === 'stopped') throw error;
        // The link broke under the dialling, or is about to be seen broken: that is an outage like any other.
        await pause(patience);
      }
    }
  }

  #refuse(client: Socket, text: string, failure?: LinkFailure): void {
    this.#refused += 1;
    reset(client);
    this.#options.onConnection(text, failure);
  }

  #ended(client: Socket): void {
    this.#bytesIn += client.bytesWritten;
    this.#bytesOut += client.bytesRead;
    this.#open.delete(client);
    this.#lastUse = performance.now();
    this.#options.onConnection('ended');
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (this.isUsed) return;
    this.#lastUse = performance.now();
    for (const tell of this.#emptied) tell();
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, AGAIN_MS);
    signal.addEventListener('abort', done);
  });
}

function ignore(): void {}
