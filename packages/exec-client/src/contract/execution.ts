import type { Phase, ReasonCode, Status } from './phases.js';

/** What waits for a lock that another holds: refuse, stand in the queue, or take the place of one that stands there. */
export type LockPolicy = 'fail' | 'wait' | 'replace';

/** `shell`: the command is given to a shell in the image. `image`: it is given to the image's own entry point. */
export type EntryMode = 'shell' | 'image';

/** Where somebody wants to hear that an execution ended. */
export interface NotifyTarget {
  /** https, at most 2,048 characters. */
  readonly url: string;
  /** Default: every end. */
  readonly on?: readonly ('succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'error' | 'lost')[];
  /** Name of a stored secret: the body is signed with it (HMAC-SHA-256). */
  readonly secret?: string;
}

/** Work that is in no commit: shipped with the request by `--dirty`. */
export interface DirtyTree {
  /** The commit that the difference is against. */
  readonly base: string;
  /** Git's binary difference from the base to the tree, untracked files in it as added: gzip, base64. Not kept in records. */
  readonly diff?: string;
  /** Git's tree id of what will run: what the clone must come to. */
  readonly tree: string;
  readonly files: number;
  /** Length of the encoded difference: at most 350,000. */
  readonly bytes: number;
}

/**
 * Body of POST /executions: the fields of the design document, and what grew beside them. Wire names are the names:
 * there is no second spelling in the code.
 */
export interface ExecutionRequest {
  /** `exec_` + 14 digits of UTC + `_` + 8 to 12 letters of base32. Also the key of idempotency. Made by the server when missing. */
  readonly execution_id?: string;
  /** At most 2,048 characters. Missing only with `no_repo`. */
  readonly repo?: string;
  readonly no_repo?: boolean;
  /** Branch, tag or commit; at most 255 characters. The remote's HEAD when missing. */
  readonly branch?: string;
  /** A shell's command, at most 64 KiB. Either this or `argv`. */
  readonly command?: string;
  /** An exact argument list: at most 256 of at most 32 KiB each, 64 KiB in all. */
  readonly argv?: readonly string[];
  readonly image?: string;
  readonly entrypoint?: EntryMode;
  /** At most 200; names `[A-Za-z_][A-Za-z0-9_]*`, not beginning with `HAWSER_` or `AWS_CONTAINER_`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment name → name of a stored secret. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Default 1,800; at most what the backend allows (21,600 unless it says otherwise). */
  readonly timeout_seconds?: number;
  /** Between TERM and KILL; default 120, at most 900. */
  readonly grace_seconds?: number;
  /** Below the repository; relative, no `..`. */
  readonly workdir?: string;
  /** At most 128 characters. */
  readonly lock?: string;
  /** Default `wait`. */
  readonly lock_policy?: LockPolicy;
  /** How long to stand in the queue; no limit but the backend's when missing. */
  readonly lock_timeout_seconds?: number;
  /** At most 20; names at most 63, values at most 256 characters. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Must be among those the backend allows. */
  readonly role?: string;
  /** Fargate's units: 256 … 16,384. */
  readonly cpu?: number;
  /** MiB. */
  readonly memory?: number;
  /** GiB: 21 … 200. */
  readonly disk?: number;
  readonly platform?: 'auto' | 'X86_64' | 'ARM64';
  /** New attempts after a start that failed; default 2, at most 2. Never after the command may have begun. */
  readonly retries?: number;
  readonly notify?: readonly NotifyTarget[];
  /** Give git's credentials to the command too, for submodules and modules from git. */
  readonly git_credentials?: 'clone' | 'run';
  /** Let `attach` in. */
  readonly attachable?: boolean;
  readonly dirty?: DirtyTree;
  /** Isolation wanted of a local backend; `container` and `sandbox` fail where there is none, `auto` takes what is there. */
  readonly isolation?: 'auto' | 'process' | 'sandbox' | 'container';
  /** What a plugin called the program that commands are run by on this machine; a backend elsewhere has none. */
  readonly runner?: string;
  readonly source?: ExecutionSource;
}

/** Who asks, as far as they say. */
export interface ExecutionSource {
  readonly cli?: string;
  readonly host?: string;
  readonly git_user?: string;
  /** What `rerun` repeats. */
  readonly rerun_of?: string;
}

/** When each part of an execution began; ISO 8601 in UTC with milliseconds. */
export interface PhaseTimes {
  readonly created_at: string;
  readonly queued_at?: string;
  readonly provisioned_at?: string;
  readonly prepared_at?: string;
  readonly started_at?: string;
  readonly finished_at?: string;
}

/** What is kept of an execution, and answered by GET `/executions/{id}`: the request without values of secrets, and what became of it. */
export interface ExecutionRecord extends PhaseTimes {
  readonly execution_id: string;
  readonly status: Status;
  readonly phase: Phase;
  /** Grows with every write. */
  readonly version: number;
  /** From 1. */
  readonly attempt: number;
  readonly command?: string;
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly timeout_seconds: number;
  readonly grace_seconds: number;
  readonly workdir?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly exit_code?: number;
  /** The signal that ended the command, e.g. `SIGKILL`. */
  readonly signal?: string;
  readonly reason_code?: ReasonCode;
  /** One sentence for people. */
  readonly reason?: string;
  readonly cancel_requested?: boolean;
  readonly cancel_reason?: string;
  readonly created_by: { readonly key_id?: string; readonly name?: string; readonly arn?: string };
  readonly source?: ExecutionSource;
  readonly repo?: {
    readonly url: string;
    readonly ref?: string;
    readonly commit?: string;
    readonly tree?: string;
    readonly dirty?: boolean;
  };
  readonly image?: { readonly ref?: string; readonly digest?: string; readonly platform?: string };
  /** Where it runs, said so that a person understands it. */
  readonly backend: { readonly kind: 'local' | 'aws' | 'memory'; readonly isolation?: string; readonly note?: string };
  readonly task?: { readonly arn?: string; readonly definition?: string; readonly logs?: readonly string[] };
  readonly lock?: {
    readonly name: string;
    readonly policy: LockPolicy;
    /** Set while it waits; 1 is next. */
    readonly position?: number;
    /** Set once it is held. Grows with every holder; the command sees it as HAWSER_EXEC_FENCE. */
    readonly fence?: number;
  };
  readonly cost_usd?: number;
  readonly log?: {
    readonly lines: number;
    readonly bytes: number;
    readonly sha256?: string;
    readonly complete: boolean;
  };
  readonly request_id?: string;
}

/** Answer to POST /executions: the fields of the design document, and what a client needs to go on. */
export interface ExecutionStarted {
  readonly execution_id: string;
  readonly task_arn?: string;
  readonly status: Status;
  readonly phase: Phase;
  readonly log_stream?: string;
  readonly created_at: string;
  readonly queue_position?: number;
  readonly estimated_usd?: number;
  readonly backend: ExecutionRecord['backend'];
  readonly links: { readonly self: string; readonly logs: string; readonly cancel: string };
}
