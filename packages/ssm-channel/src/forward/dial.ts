import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { SessionFacts } from '../channel/types.js';
import { SsmChannelError } from '../errors.js';
import type { SessionEnd } from '../session/types.js';
import { type ForwardEvents, OpenLanes, type OpenLanesOptions, openLanes } from './lanes.js';
import { createNearPair } from './near-end.js';

/** Started port sessions that connections are made through from within this process; nothing listens. */
export interface Dialer extends EventEmitter<ForwardEvents>, AsyncDisposable {
  /** `mux`: many connections at once. `basic`: one after the other, with an agent up to 3.0.196.0. */
  readonly mode: 'mux' | 'basic';
  /** What the agent of the first lane said. */
  readonly facts: SessionFacts;
  readonly sessionIds: readonly string[];
  /** Whether any of its sessions still takes connections. */
  readonly open: boolean;
  /**
   * One connection to the destination, at once: the agent connects meanwhile, and says nothing when it has.
   * The stream fails with HAWSER_SSM_CONNECT_REFUSED when the agent cannot, with `ECONNRESET` when the session ends
   * before the connection did.
   */
  dial(): Duplex;
  /**
   * Asks the agents of all lanes for a sign of life and waits for it, with no limit but the signal's.
   *
   * @throws SsmChannelError HAWSER_SSM_LINK_LOST when no lane is left; the signal's reason when aborted.
   */
  check(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Terminates its sessions. */
  close(): Promise<SessionEnd>;
  /** Resolves when the last lane ended, with how it did. Never rejects. */
  readonly ended: Promise<SessionEnd>;
}

/**
 * Opens one or more started port sessions for connections made within this process.
 *
 * @throws SsmChannelError when a session cannot be opened; the signal's reason when aborted meanwhile.
 */
export async function openDialer(options: OpenLanesOptions): Promise<Dialer> {
  return new OpenDialer(await openLanes(options), () => Promise.resolve());
}

class OpenDialer extends OpenLanes implements Dialer {
  get open(): boolean {
    return [...this.lanes].some((lane) => lane.open);
  }

  dial(): Duplex {
    const { user, near } = createNearPair();
    this.take(near);
    return user;
  }

  async check({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      void Promise.all([...this.lanes].map((lane) => lane.ask())).then(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
    });
    if (!this.open) {
      throw new SsmChannelError('HAWSER_SSM_LINK_LOST', `The session ${this.sessionIds.join(', ')} is over`);
    }
  }
}
