import type { LinkFailure } from './link/failure.js';
import type { TunnelSpec } from './spec.js';

/** State of a link. `held` connections wait in every state but `ready` and `failed`. */
export type LinkState =
  | 'idle'
  | 'connecting'
  | 'ready'
  | 'degraded'
  | 'reconnecting'
  | 'needs-auth'
  | 'failed'
  | 'stopped';

/** What the supervisor knows of a tunnel at this moment. Times are ISO 8601 UTC with `Z`. */
export interface TunnelStatus {
  readonly spec: TunnelSpec;
  /** Where it listens in fact; `hosts` are e.g. `127.0.0.1` and `::1`. */
  readonly local: { readonly hosts: readonly string[]; readonly port: number; readonly path?: string };
  /** `env` of the spec, filled in. */
  readonly env: Readonly<Record<string, string>>;
  readonly link: {
    readonly state: LinkState;
    readonly since: string;
    readonly failure?: LinkFailure;
    readonly nextTryAt?: string;
    /** Links made so far. */
    readonly connects: number;
    readonly pids: readonly number[];
  };
  readonly probe: {
    readonly state: 'never' | 'ok' | 'failing';
    readonly lastOkAt?: string;
    readonly latencyMs?: { readonly p50: number; readonly p95: number };
    readonly message?: string;
  };
  readonly connections: {
    readonly open: number;
    readonly held: number;
    readonly total: number;
    /** Ended by a reset because the link stayed away longer than `holdMs`. */
    readonly refused: number;
    /** Who is connected, where the system tells (Linux). */
    readonly clients: readonly { readonly pid?: number; readonly program?: string }[];
  };
  readonly bytes: { readonly in: number; readonly out: number };
  readonly createdAt: string;
}

/** What the supervisor of a project says of itself. */
export interface SupervisorStatus {
  readonly instance: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly project: string;
  readonly memoryBytes: number;
  readonly tunnels: readonly TunnelStatus[];
}

/** Something happened. One per line in the event log and in `net attach --json`. */
export interface TunnelEvent {
  readonly at: string;
  /** Undefined: the supervisor itself. */
  readonly tunnel?: string;
  readonly type: 'bound' | 'link' | 'probe' | 'connection' | 'removed' | 'sleep' | 'network' | 'supervisor' | 'debug';
  readonly state?: LinkState;
  readonly failure?: LinkFailure;
  readonly text: string;
}
