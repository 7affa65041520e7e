import type { Registry } from 'prom-client';
import type { EgressProfile, ViewerRole } from '../protocol/types.js';
import type { SourceRules } from '../runner/control-types.js';
import type { SessionStore } from '../store/types.js';
import type { Clock, ReceiptSigner, RunnerAccess, RunnerCluster } from './ports.js';

/** What the controller wants of tickets: see `openTickets`. */
export interface ControllerTickets {
  mint(input: {
    readonly session: string;
    readonly role: ViewerRole;
    /** Key id of whoever asked for it. */
    readonly principal: string;
    readonly ttlMs?: number;
  }): Promise<{ readonly token: string; readonly expiresAt: number }>;
  jwks(): Promise<{ readonly keys: readonly object[] }>;
}

/** What a controller leans on. */
export interface ControllerPorts {
  readonly store: SessionStore;
  readonly cluster: RunnerCluster;
  readonly tickets: ControllerTickets;
  /** For what only the runner knows of a session that runs; without it those routes answer from the archive alone. */
  readonly access?: RunnerAccess;
  /** Signs a receipt at the end of every session; without it there are none. */
  readonly signer?: ReceiptSigner;
  /**
   * What forbids to start runners at all, in sentences, such as a network that enforces no policies (`probeEnforcement`).
   * Asked at the start and then once per `reapMs`; until the first answer, and while it names something, no session is taken.
   */
  readonly enforcement?: () => Promise<readonly string[]>;
  readonly clock: Clock;
  /**
   * Keys of 32 bytes, the same for every replica. The first seals payloads and makes the secrets of runners; the others
   * still open what was sealed before it came.
   */
  readonly sealingKeys: readonly Uint8Array[];
  /** Release of the service: named in receipts and in the OpenAPI document. */
  readonly version: string;
  /** Name of this replica in leases; random when absent. */
  readonly replica?: string;
  readonly settings?: Partial<ControllerSettings>;
  /** Where the metrics go; a registry of its own when absent. */
  readonly registry?: Registry;
  /** Told of every failure that nobody else hears of: for the operator's log. */
  readonly trouble?: (error: unknown, what: string) => void;
}

/** How the service behaves. Times in milliseconds unless said otherwise. */
export interface ControllerSettings {
  /** Address under which people reach the service, such as `https://sessions.example.com`; null: links are relative, or made from what a trusted proxy says. */
  readonly publicUrl: string | null;
  /** Networks (CIDR) or addresses of proxies whose `X-Forwarded-*` is believed. */
  readonly trustedProxies: readonly string[];
  /** Sessions per minute, for each key and for each client address (IPv6: each /64); null: no limit. A key's own limit wins. */
  readonly ratePerMinute: number | null;
  /** Replicas of this service: divides limits that are counted in memory while the database is away. */
  readonly replicas: number;
  readonly deadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly idleMs: number;
  readonly exitOnJob: boolean;
  readonly egress: EgressProfile;
  /** Which egress profiles a request may name. */
  readonly egressAllowed: readonly EgressProfile[];
  /** From the start of the Job until a runner takes up its work. */
  readonly startTimeoutMs: number;
  /** How often a start is tried where nothing can have been executed. */
  readonly maxAttempts: number;
  /** Silence after which a session whose pod is gone is `lost`. */
  readonly lostAfterMs: number;
  /** How long a second witness is waited for where it may change the reason. */
  readonly settleMs: number;
  readonly retentionMs: number;
  /** Seconds until a finished Job is removed. */
  readonly ttlSeconds: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Further environment names under which a prompt is handed over. */
  readonly promptAliases: readonly string[];
  readonly sourceRules: SourceRules;
  readonly logCapBytes: number;
  readonly guaranteedLines: number;
  /** Bytes of log kept for all sessions together; beyond it no session is taken. Null: no limit. */
  readonly archiveBudgetBytes: number | null;
  /** Sessions that may run at once; others wait in `queued`. Null: no limit. */
  readonly maxRunning: number | null;
  /** Runners kept waiting for work by each replica. */
  readonly warmRunners: number;
  readonly ticketTtlMs: number;
  readonly idempotencyMs: number;
  /** Longest that a request waits for something to happen. */
  readonly maxWaitMs: number;
  /** How long a replica has a session to itself. */
  readonly leaseMs: number;
  /** Between two looks at all sessions. */
  readonly sweepMs: number;
  /** Between two removals of what is past its time. */
  readonly reapMs: number;
}

const minute = 60_000;
const mebibyte = 1024 * 1024;

/** What holds where a setting is not given. */
export const defaultControllerSettings: ControllerSettings = {
  publicUrl: null,
  trustedProxies: [],
  ratePerMinute: 5,
  replicas: 1,
  deadlineMs: 60 * minute,
  maxDeadlineMs: 24 * 60 * minute,
  idleMs: 0,
  exitOnJob: true,
  egress: 'public',
  egressAllowed: ['none', 'public', 'allowlist'],
  startTimeoutMs: 5 * minute,
  maxAttempts: 3,
  lostAfterMs: minute,
  settleMs: 5000,
  retentionMs: 7 * 24 * 60 * minute,
  ttlSeconds: 300,
  graceMs: 10_000,
  promptAliases: [],
  sourceRules: {
    hosts: [],
    allowHttp: false,
    allowPrivate: false,
    maxCompressedBytes: 100_000_000,
    maxUnpackedBytes: 1_000_000_000,
    maxEntries: 50_000,
    maxRatio: 200,
    timeoutMs: 2 * minute,
    credentials: {},
  },
  logCapBytes: 64 * mebibyte,
  guaranteedLines: 100_000,
  archiveBudgetBytes: null,
  maxRunning: null,
  warmRunners: 0,
  ticketTtlMs: 5 * minute,
  idempotencyMs: 24 * 60 * minute,
  maxWaitMs: minute,
  leaseMs: 15_000,
  sweepMs: 2000,
  reapMs: minute,
};
