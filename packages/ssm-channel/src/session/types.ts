import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ChannelStats, SessionFacts } from '../channel/types.js';
import type { SsmApi } from '../aws/api.js';

/** What StartSession answered: all that is needed to open the data channel. */
export interface StartedSession {
  readonly sessionId: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
}

/** How a session ended. An exception from `openSession` means that it never began. */
export interface SessionEnd {
  /**
   * `exited`: the far side was done. `terminated`: somebody ended it (we, an administrator, a time limit).
   * `lost`: the link could not be brought back. `failed`: the two ends could not agree.
   */
  readonly reason: 'exited' | 'terminated' | 'lost' | 'failed';
  /** Only of sessions whose agent reports one (NonInteractiveCommands with separate output). */
  readonly exitCode?: number;
  /** What the service wrote at the end; often empty. */
  readonly output: string;
  /** The error behind `lost` or `failed`. */
  readonly error?: Error;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What a session tells while it lives. */
export interface SessionEvents {
  state: [SessionState];
  /** The agent said that a destination behind a port session refused the connection. */
  'connect-error': [];
  /** One line about what the channel does, for logs; never a secret. */
  debug: [string];
}

/** Where the link stands. `attempt` counts the tries of one outage. */
export interface SessionState {
  readonly state: 'connected' | 'resuming' | 'paused' | 'closing';
  readonly attempt?: number;
  readonly cause?: string;
}

/** A live session. Several live in one process without knowing of each other. */
export interface Session extends EventEmitter<SessionEvents>, AsyncDisposable {
  readonly sessionId: string;
  readonly facts: SessionFacts;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Ends at once where the session type has no second stream. */
  readonly stderr: Readable;
  readonly stats: ChannelStats;
  /** Tells the far terminal its size; values are cut to 1 … 65,535. */
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** Ends the session for good: flag or API call, flush, close frame. Resolves as `ended` does. */
  terminate(): Promise<SessionEnd>;
  /** Never rejects. */
  readonly ended: Promise<SessionEnd>;
}

/** How a session is opened. */
export interface OpenSessionOptions {
  readonly start: StartedSession;
  /** The target as StartSession was asked for it; part of the encryption context of KMS sessions. */
  readonly target?: string;
  /** Resume, terminate and data keys. Without it the session ends with its first socket. */
  readonly api?: SsmApi;
  readonly signal?: AbortSignal;
}
