import type { Envelope, ReceiptClaim } from '@hawser/receipts';
import type { EgressProfile } from '../protocol/types.js';
import type { SessionRow } from '../store/types.js';

/** One start of one session, as the cluster is asked for it. Nothing in it is secret but `secret`. */
export interface RunnerJob {
  readonly session: string;
  readonly attempt: number;
  /** 32 random bytes, base64url; handed to the runner in a file (a Secret of its own), never in a specification. */
  readonly secret: string;
  readonly egress: EgressProfile;
  readonly deadlineMs: number;
  readonly exitOnJob: boolean;
  /** Seconds after the end until the Job and all it owns are removed. */
  readonly ttlSeconds: number;
}

/** What the cluster says of the pod behind a start. */
export interface PodFact {
  readonly session: string;
  readonly attempt: number;
  readonly jobName: string;
  readonly podName: string | null;
  readonly podUid: string | null;
  readonly address: string | null;
  readonly phase: 'pending' | 'running' | 'succeeded' | 'failed' | 'gone';
  readonly ready: boolean;
  /** Image digest once known. */
  readonly image: string | null;
  /** Why it does not start, in the cluster's words: `ImagePullBackOff: …`, `Unschedulable: …`. */
  readonly waiting: string | null;
  readonly terminated: {
    readonly exitCode: number | null;
    readonly signal: string | null;
    /** As the kubelet says: `OOMKilled`, `Evicted`, `DeadlineExceeded`, `NodeLost`, `Error`, `Completed` … */
    readonly reason: string | null;
    readonly message: string | null;
  } | null;
}

/** Where runners run: Jobs in a cluster, or processes on this machine. */
export interface RunnerCluster {
  readonly kind: 'kubernetes' | 'process';
  /** Asking twice for the same (session, attempt) starts one. */
  start(job: RunnerJob): Promise<{ readonly jobName: string }>;
  /** Ends what still runs and removes what is left; nothing there is no error. */
  remove(jobName: string, options: { readonly graceSeconds: number }): Promise<void>;
  /** All that is there, then every change; ends with the signal. Loses nothing over cut watches (relists); may repeat. */
  watch(options: { readonly signal: AbortSignal; readonly onAge?: (ageMs: number) => void }): AsyncIterable<PodFact>;
  /** Whether starts would work now: access rights, namespace, quota. Problems as sentences. */
  check(): Promise<readonly string[]>;
}

/**
 * How whoever is not allowed to dial runners asks them something over HTTP (`/log`, `/screen`, `/input` …). `path` begins with
 * a slash and has its query; the headers `x-hawser-viewer` and `x-hawser-role` of `init` say for whom, and become the
 * viewer and role of the dial claim. Rejects with `HAWSER_SESSIONS_RUNNER_UNREACHABLE` or `_FOREIGN`.
 */
export interface RunnerAccess {
  fetch(session: SessionRow, path: string, init: RequestInit): Promise<Response>;
}

/** Signs what tickets and receipts say. */
export interface ReceiptSigner {
  readonly publicKey: string;
  sign(claim: ReceiptClaim): Promise<Envelope>;
}

/** Milliseconds since 1970, and timers that tests can move. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms` or when aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}
