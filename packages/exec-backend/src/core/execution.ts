import { statusOf } from '@hawser/exec-client/contract';
import type {
  ExecutionRecord,
  ExecutionRequest,
  ExecutionStarted,
  LockPolicy,
  Phase,
  PhaseTimes,
  ReasonCode,
} from '@hawser/exec-client/contract';
import type { TaskRef } from '../ports.js';

/** What a task has. */
export interface TaskSize {
  /** Fargate's units: 1,024 are one virtual CPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** GiB. */
  readonly disk: number;
  readonly platform: 'X86_64' | 'ARM64';
}

/** One attempt at starting a task. */
export interface Attempt {
  /** The one-time token itself: kept until the start is confirmed, because repeating a start must repeat its token. */
  readonly token?: string;
  /** SHA-256 of the token, hex. */
  readonly tokenSha256: string;
  readonly expiresAtMs: number;
  /** In the end mark of the log. */
  readonly nonce: string;
  readonly askedAtMs: number;
  /** When the payload was handed out; before that the command cannot have begun. */
  readonly claimedAtMs?: number;
  /** SHA-256 of the token for reports, hex. */
  readonly reportSha256?: string;
}

/** What must still be done for an execution that ended. Everything in it may be repeated. */
export interface FollowUps {
  /** How far the log was read to count it. */
  readonly log?: { readonly position?: string; readonly lines: number; readonly bytes: number };
  /** The log was counted, or given up. */
  readonly logDone?: boolean;
  /** SHA-256 of the stored receipt, hex. */
  readonly receipt?: string;
  /** One for each of the request's `notify`, in their order. */
  readonly hooks?: readonly { readonly tries: number; readonly nextAtMs: number; readonly done: boolean }[];
}

/** What is kept of an execution. What people see of it is made by {@link recordOf}. */
export interface Execution {
  readonly id: string;
  /** As it was asked, without the parts of a dirty tree: those lie in a row of their own. */
  readonly request: ExecutionRequest;
  /** SHA-256 of what makes two requests the same, hex. */
  readonly fingerprint: string;
  /** What its task has. */
  readonly size: TaskSize;
  readonly phase: Phase;
  readonly attempt: number;
  readonly times: PhaseTimes;
  readonly createdBy: ExecutionRecord['created_by'];
  readonly backend: ExecutionRecord['backend'];
  readonly requestId?: string;
  readonly lock?: {
    readonly name: string;
    readonly policy: LockPolicy;
    readonly position?: number;
    readonly fence?: number;
  };
  readonly start?: Attempt;
  readonly task?: TaskRef;
  /** Set by `rerun`: exactly this. */
  readonly pinned?: { readonly commit?: string; readonly image?: string };
  readonly commit?: string;
  readonly tree?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly reasonCode?: ReasonCode;
  readonly reason?: string;
  readonly cancel?: {
    readonly atMs: number;
    readonly reason?: string;
    readonly force?: boolean;
    readonly by?: string;
    /** When the runner was last asked to stop the task. */
    readonly stopAskedAtMs?: number;
  };
  /** When the next attempt may begin. */
  readonly retryAtMs?: number;
  /** When the runner was asked to stop a task that outlived its deadline. */
  readonly overdueAtMs?: number;
  readonly costUsd?: number;
  readonly log?: NonNullable<ExecutionRecord['log']>;
  readonly followUps?: FollowUps;
  /** It ended, and nothing is left to be done for it. */
  readonly settled?: boolean;
}

/** What people may see of an execution. */
export function recordOf(execution: Execution, version: number): ExecutionRecord {
  const { request, task, lock, cancel } = execution;
  return compact({
    execution_id: execution.id,
    status: statusOf(execution.phase),
    phase: execution.phase,
    version,
    attempt: execution.attempt,
    command: request.command,
    argv: request.argv,
    env: request.env,
    secrets: request.secrets,
    timeout_seconds: timeoutOf(request),
    grace_seconds: graceOf(request),
    workdir: request.workdir,
    labels: request.labels,
    ...execution.times,
    exit_code: execution.exitCode,
    signal: execution.signal,
    reason_code: execution.reasonCode,
    reason: execution.reason,
    cancel_requested: cancel ? true : undefined,
    cancel_reason: cancel?.reason,
    created_by: execution.createdBy,
    source: request.source,
    repo: request.repo === undefined ? undefined : repoOf(execution, request.repo),
    image: imageOf(execution),
    backend: compact({
      ...execution.backend,
      isolation: task?.isolation ?? execution.backend.isolation,
      note: task?.note ?? execution.backend.note,
    }),
    task: task ? compact({ arn: task.arn, definition: task.definition, logs: task.logs }) : undefined,
    lock,
    cost_usd: execution.costUsd,
    log: execution.log,
    request_id: execution.requestId,
  });
}

/** The answer to who started it. */
export function startedOf(record: ExecutionRecord, estimatedUsd: number | undefined): ExecutionStarted {
  const self = `/executions/${record.execution_id}`;
  return compact({
    execution_id: record.execution_id,
    task_arn: record.task?.arn,
    status: record.status,
    phase: record.phase,
    log_stream: record.task?.logs?.[0],
    created_at: record.created_at,
    queue_position: record.lock?.position,
    estimated_usd: estimatedUsd,
    backend: record.backend,
    links: { self, logs: `${self}/logs`, cancel: `${self}/cancel` },
  });
}

/** Seconds that the command may take: 30 minutes unless the request says otherwise. */
export function timeoutOf(request: ExecutionRequest): number {
  return request.timeout_seconds ?? 1800;
}

/** Seconds between TERM and KILL: 120 unless the request says otherwise. */
export function graceOf(request: ExecutionRequest): number {
  return request.grace_seconds ?? 120;
}

/** The command as one line for people. */
export function commandLine(request: Pick<ExecutionRequest, 'command' | 'argv'>): string {
  return request.command ?? (request.argv ?? []).join(' ');
}

function repoOf(execution: Execution, url: string): NonNullable<ExecutionRecord['repo']> {
  return compact({
    url,
    ref: execution.request.branch,
    commit: execution.commit ?? execution.pinned?.commit,
    tree: execution.tree ?? execution.request.dirty?.tree,
    dirty: execution.request.dirty ? true : undefined,
  });
}

function imageOf({ request, task, pinned }: Execution): ExecutionRecord['image'] {
  const image = compact({
    ref: pinned?.image ?? request.image,
    digest: task?.imageDigest,
    platform: task?.platform,
  });
  return Object.keys(image).length > 0 ? image : undefined;
}

/** Without the fields that are undefined: JSON has none, and exact optional types want none. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
