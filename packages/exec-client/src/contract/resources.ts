import type { ExecutionRecord } from './execution.js';

/** Answer to GET /executions: newest first. */
export interface ExecutionPage {
  readonly executions: readonly ExecutionRecord[];
  /** Missing on the last page. */
  readonly cursor?: string;
}

/** Who holds a lock, and who waits for it, first in first out. */
export interface LockRecord {
  readonly name: string;
  readonly fence: number;
  readonly holder?: {
    readonly execution_id: string;
    readonly command: string;
    readonly who: string;
    readonly since: string;
    /** Until when the lock is held at most, were the holder never heard of again. */
    readonly lease_until: string;
  };
  readonly queue: readonly { readonly execution_id: string; readonly who: string; readonly since: string }[];
}

/** What may be known of a stored secret: never its value. `git/HOST` are the credentials of a git server. */
export interface SecretRecord {
  readonly name: string;
  readonly version: number;
  readonly updated_at: string;
  readonly updated_by?: string;
}

/** What a key may do. `admin` may do everything. */
export type KeyScope = 'run' | 'read' | 'cancel' | 'secrets' | 'keys' | 'admin';

/** What may be known of an API key: never the key. */
export interface KeyRecord {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  readonly created_at: string;
  readonly expires_at?: string;
  readonly last_used_at?: string;
  readonly revoked_at?: string;
}

/** Answer to POST /keys and to rotation: the only time that a key is seen. */
export interface KeyCreated extends KeyRecord {
  readonly api_key: string;
}

/** Answer to GET /whoami. */
export interface WhoAmI {
  readonly key_id?: string;
  readonly name?: string;
  readonly arn?: string;
  readonly scopes: readonly KeyScope[];
  /** Public key (PEM) that verifies this service's receipts: to be kept by whoever asks, the first time that they do. */
  readonly receipt_key?: string;
}

/** Answer to GET /health, which needs no key. */
export interface Health {
  readonly ok: boolean;
  readonly backend: ExecutionRecord['backend'];
  readonly version: string;
  readonly max_timeout_seconds: number;
}

/** Answer to POST `/executions/{id}/attach`: what ECS ExecuteCommand gave. */
export interface AttachGrant {
  readonly protocol: 'ssm';
  readonly session_id: string;
  readonly stream_url: string;
  readonly token: string;
  /** `ecs:CLUSTER_TASK_RUNTIMEID`, for resuming. */
  readonly target: string;
  readonly region: string;
  readonly expires: string;
  /** Printed by the far shell with the exit code when the command has ended; no code comes back otherwise. */
  readonly sentinel: string;
}
