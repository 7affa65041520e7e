import type { ReasonCode } from './phases.js';
import type { DirtyTree, EntryMode } from './execution.js';

/** Header in which a task shows its one-time token when it asks for its payload: never in an address, which gets logged. */
export const jobTokenHeader = 'X-Job-Token';

/**
 * Answer to GET `/executions/{id}/payload`: all that a task needs, handed out once for a job token. Nothing of it stands
 * in task overrides, tags or events.
 */
export interface JobPayload {
  readonly execution_id: string;
  readonly attempt: number;
  readonly repo?: string;
  readonly ref?: string;
  /** Set by `rerun`: exactly this commit. */
  readonly commit?: string;
  readonly dirty?: DirtyTree;
  readonly git?: GitCredential;
  readonly git_credentials: 'clone' | 'run';
  readonly workdir?: string;
  readonly command?: string;
  readonly argv?: readonly string[];
  readonly entrypoint: EntryMode;
  /** Declared variables, resolved secrets and our own (HAWSER_EXEC_ID, HAWSER_EXEC_FENCE …). */
  readonly env: Readonly<Record<string, string>>;
  readonly timeout_seconds: number;
  readonly grace_seconds: number;
  /** In the end mark, so that no command can write one. */
  readonly nonce: string;
  /** For POST …/report; good until the execution ends. */
  readonly report_token: string;
}

/** How to get into a git server. Kept by host; used by the clone alone unless the request says `run`. */
export type GitCredential =
  | { readonly kind: 'basic'; readonly host: string; readonly username: string; readonly password: string }
  | { readonly kind: 'ssh'; readonly host: string; readonly private_key: string; readonly known_hosts?: string };

/** Body of POST `/executions/{id}/report`: what a task knows first. Facts may come twice and late. */
export interface JobReport {
  readonly token: string;
  readonly attempt: number;
  readonly event: 'preparing' | 'prepared' | 'running' | 'ended' | 'failed';
  /** Milliseconds since 1970 on the task's clock. */
  readonly at: number;
  readonly commit?: string;
  readonly tree?: string;
  readonly exit_code?: number;
  readonly signal?: string;
  /** The shim stopped the command at its deadline. */
  readonly timed_out?: boolean;
  readonly reason_code?: ReasonCode;
  readonly reason?: string;
  readonly log?: { readonly lines: number; readonly bytes: number; readonly sha256?: string };
}
