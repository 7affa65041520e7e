import type { NearEnd } from './near-end.js';
import type { DataChannel, DataHandler } from '../session/session-type.js';

/** One session of type Port that carries local connections. */
export interface Lane {
  readonly channel: DataChannel;
  readonly mode: 'mux' | 'basic';
  /** Whether it takes connections; false as soon as its session is over. */
  readonly open: boolean;
  /** Connections it carries now. */
  readonly active: number;
  /** Takes over the near end of a connection; it is paused until now. */
  carry(near: NearEnd): void;
  /** Resolves once the agent acknowledged something sent now, or the session is over. */
  ask(): Promise<void>;
}

/** A lane and the place where its data arrives. */
export interface ServedLane {
  readonly served: Lane;
  readonly handler: DataHandler;
}
