import type { Duplex } from 'node:stream';
import type { ProcessIdentity } from '@hawser/state-store/process';
import type { LinkFailure } from '../link/failure.js';
import type { Target, Via, ViaKind } from '../spec.js';

/** Makes links of one kind. Loaded when the first tunnel of its kind is opened. */
export interface Provider<V extends Via = Via> {
  readonly kind: ViaKind;
  /**
   * Opens a link; settles when connections can be dialled.
   *
   * @throws LinkError with the classified failure.
   */
  open(via: V, options: OpenLinkOptions): Promise<Link>;
  /** What a person could run instead, for `--dry-run`. Never contains a secret. */
  describe(via: V, forwards: readonly Forwarding[]): LinkDescription;
  /** Goes the way hop by hop, for `net doctor`; ends after the first hop that fails. */
  diagnose?(via: V, target: Target, options: DiagnoseOptions): AsyncIterable<Hop>;
}

/** What a link is opened with. */
export interface OpenLinkOptions {
  /** Targets that will be dialled; others may be dialled later all the same. */
  readonly targets: readonly Target[];
  /** 0700, short, on tmpfs where there is one; for sockets and logs of this link. Removed by the caller afterwards. */
  readonly runtimeDirectory: string;
  readonly signal: AbortSignal;
  /** Dials through this link to reach the first host (chains). */
  readonly through?: Link;
  /** Told of every child process before anything else happens with it, so that it can be reaped by others. */
  readonly onChild: (child: ChildRecord) => Promise<void>;
  /** Facts for `net logs`; never a secret. */
  readonly onDebug: (text: string) => void;
}

/** A child process of a link. */
export interface ChildRecord {
  readonly identity: ProcessIdentity;
  /** The program, such as `/usr/bin/ssh`. */
  readonly program: string;
}

/** A way to the far end that is up. */
export interface Link extends AsyncDisposable {
  /**
   * One connection to the target.
   *
   * @throws LinkError when the target refuses or forwarding is denied; the link itself may go on.
   */
  dial(target: Target, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
  /** Settles, never rejects, once the link is gone: with why, or undefined after {@link close}. */
  readonly ended: Promise<LinkFailure | undefined>;
  /** Processes that belong to the link. */
  readonly pids: readonly number[];
  /** By when a fresh link should have taken over (`performance.now()` based), if the far end will cut this one. */
  readonly renewAtMs?: number;
  /** Asks the far end whether it is still there (after sleep, or a network change); rejects with a LinkError if not. */
  check(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Ends the link and its processes; idempotent. */
  close(): Promise<void>;
}

/** A tunnel over a link, as far as it takes to say how a person would make it. */
export interface Forwarding {
  readonly to: Target;
  /** The port of this machine; where none is said, the number of the far one. */
  readonly localPort?: number;
}

/** How a link is made, in words a person can use. */
export interface LinkDescription {
  /** Commands, each as its arguments, if programs are run. */
  readonly commands: readonly (readonly string[])[];
  readonly summary: string;
}

/** What a way is gone with. */
export interface DiagnoseOptions {
  readonly signal: AbortSignal;
  readonly runtimeDirectory: string;
  readonly through?: Link;
}

/** One step of the way to the application. */
export interface Hop {
  readonly hop:
    | 'config'
    | 'dns'
    | 'tcp'
    | 'host-key'
    | 'credentials'
    | 'auth'
    | 'session'
    | 'pod'
    | 'forward'
    | 'target'
    | 'application';
  readonly verdict: 'pass' | 'fail' | 'skipped';
  /** What was tried and seen. */
  readonly detail: string;
  /** What to do, on `fail`. */
  readonly hint?: string;
  readonly ms?: number;
}
