import type { StoredKey } from '@hawser/api-keys';
import type { Envelope } from '@hawser/receipts';
import type {
  EgressProfile,
  ExitReason,
  ExitRecord,
  SessionEvent,
  SessionState,
  SizeMode,
  TerminalSize,
  ViewerRole,
} from '../protocol/types.js';
import type { Keyframe, LogInfo, Segment, SegmentHead } from '../log/types.js';
import type { KeyboardTurn } from '../runner/control-types.js';

/** A session's row. Times are milliseconds since 1970. */
export interface SessionRow {
  readonly id: string;
  /** Key id of whoever created it. */
  readonly owner: string;
  readonly state: SessionState;
  readonly reason: ExitReason | null;
  readonly detail: string | null;
  readonly exit: ExitRecord | null;
  readonly command: string | null;
  readonly argv: readonly string[] | null;
  readonly source: { readonly url: string; readonly checksumSha256?: string } | null;
  readonly sourceRevision: string | null;
  readonly installCommand: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly size: TerminalSize;
  readonly sizeMode: SizeMode;
  readonly egress: EgressProfile;
  readonly exitOnJob: boolean;
  readonly deadlineMs: number;
  readonly idleMs: number;
  /** From 1; with the id it names a start. */
  readonly attempt: number;
  /** Set by the claim: the one runner that may execute. */
  readonly runnerEpoch: string | null;
  /** SHA-256 of the attempt's secret, hex. */
  readonly runnerSecretHash: string | null;
  /** HMAC key for dialling; worth one session only. */
  readonly dialKey: string | null;
  readonly jobName: string | null;
  readonly podName: string | null;
  readonly podUid: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly image: string | null;
  readonly stopRequested: { readonly reason: 'cancelled' | 'deadline' | 'idle'; readonly graceMs: number } | null;
  readonly logHead: number;
  readonly logLines: number;
  readonly logChain: string | null;
  readonly viewers: number;
  readonly keyboard: readonly KeyboardTurn[];
  readonly receipt: Envelope | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly exitedAt: number | null;
  readonly deadlineAt: number | null;
  readonly retainUntil: number | null;
  /** Last sign of life of the runner. */
  readonly beatAt: number | null;
  /** Who reconciles it at the moment, by compare-and-swap. */
  readonly leaseOwner: string | null;
  readonly leaseUntil: number | null;
  /** Grows by one with every `updateSession`; leases and events are beside it. */
  readonly version: number;
}

/** What of a row may be written by `updateSession`. */
export type SessionPatch = Partial<Omit<SessionRow, 'id' | 'owner' | 'createdAt' | 'version'>>;

/** A link that works once. */
export interface TicketRow {
  readonly jti: string;
  readonly session: string;
  readonly role: ViewerRole;
  readonly principal: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

/** A viewer's standing. */
export interface GrantRow {
  readonly id: string;
  /** SHA-256 of the grant, hex. */
  readonly tokenHash: string;
  readonly session: string;
  readonly role: ViewerRole;
  readonly viewer: string;
  readonly userAgent: string | null;
  readonly createdAt: number;
  readonly lastSeen: number;
  readonly idleUntil: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

/** A principal: an API key with what it may use. Hash and scopes are those of `@hawser/api-keys`. */
export interface PrincipalRow extends StoredKey {
  readonly quota: { readonly running?: number; readonly perMinute?: number; readonly logBytes?: number };
}

/** Where a key stands in its rotation: published before it signs, signing, or published for what it signed. */
export type SigningKeyStatus = 'next' | 'current' | 'retiring';

/** A key that tickets or receipts are checked with. */
export interface SigningKeyRow {
  readonly kid: string;
  readonly use: 'ticket' | 'receipt';
  /** The public part only. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly status: SigningKeyStatus;
  readonly notBefore: number;
  /** After this the key is no longer published. */
  readonly notAfter: number | null;
}

/** What `consumeTicket` found. */
export type TicketOutcome =
  | { readonly ok: true; readonly ticket: TicketRow }
  | { readonly ok: false; readonly why: 'unknown' | 'expired' | 'used'; readonly ticket?: TicketRow };

/** Adds an event beside a change, in the same transaction. */
export interface NewEvent {
  readonly actor: string;
  readonly kind: string;
  readonly data?: SessionEvent['data'];
}

/**
 * Everything the service keeps. One implementation over Knex for PostgreSQL and SQLite; one conformance suite holds
 * both. Each method is one transaction. A database that cannot be reached throws `HAWSER_SESSIONS_STORE_UNAVAILABLE`;
 * no method retries.
 */
export interface SessionStore {
  readonly engine: 'postgres' | 'sqlite';

  /**
   * Inserts a session in `requested` with its sealed payload, first event and idempotency record. When the
   * (principal, key) pair exists: `existing` with the session of then, or `mismatch` when the request hash differs. A
   * pair past its time at `session.createdAt` is as good as none.
   */
  createSession(input: {
    readonly session: SessionRow;
    /** Prompt and environment, sealed: never readable in the row. Deleted by the claim's expiry or the exit. */
    readonly payload: Uint8Array;
    readonly payloadExpiresAt: number;
    readonly event: NewEvent;
    readonly idempotency?: {
      readonly key: string;
      readonly requestHash: string;
      readonly expiresAt: number;
    };
  }): Promise<
    | { readonly outcome: 'created' }
    | { readonly outcome: 'existing'; readonly session: SessionRow }
    | { readonly outcome: 'mismatch' }
  >;
  session(id: string): Promise<SessionRow | undefined>;
  listSessions(query: {
    readonly owner?: string;
    readonly states?: readonly SessionState[];
    readonly labels?: Readonly<Record<string, string>>;
    /** Newest first, begin behind this (createdAt, id). */
    readonly after?: { readonly createdAt: number; readonly id: string };
    readonly limit: number;
  }): Promise<readonly SessionRow[]>;
  countSessions(query: { readonly owner?: string; readonly states: readonly SessionState[] }): Promise<number>;
  /**
   * The one guarded update: writes `patch` where the state is one of `from` (and the version, attempt and epoch are as
   * said, when said) and adds the event. The row as it is now, or undefined when the guard did not hold.
   */
  updateSession(
    id: string,
    guard: {
      readonly from?: readonly SessionState[];
      readonly version?: number;
      readonly attempt?: number;
      /** null: only while nobody has claimed. */
      readonly runnerEpoch?: string | null;
    },
    patch: SessionPatch,
    event?: NewEvent,
  ): Promise<SessionRow | undefined>;
  /** Takes or keeps the reconcile lease by compare-and-swap. Whether it is ours now. */
  leaseSession(id: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  /**
   * Sessions that may need work: not yet archived, or archived and past `retainUntil`, and not under somebody else's
   * unexpired lease. Those whose lease ended (or will end) first come first, then the oldest: extending the lease with
   * every look brings all of them round, whatever the limit.
   */
  workable(owner: string, nowMs: number, limit: number): Promise<readonly SessionRow[]>;
  payload(session: string): Promise<Uint8Array | undefined>;
  dropPayload(session: string): Promise<void>;

  /** Ids are numbers from 1 within the session, without a gap; a reader never sees a later one before an earlier one. */
  events(session: string, after: number, limit: number): Promise<readonly SessionEvent[]>;
  addEvent(session: string, atMs: number, event: NewEvent): Promise<void>;
  /**
   * Resolves when the session may have changed (NOTIFY, or in process), after `timeoutMs`, or when aborted. Undefined id:
   * any session. Begin to wait before you read what you wait for. Updates of the beat, the lease and the log's head alone
   * are not told; a stored segment is.
   */
  changed(
    session: string | undefined,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<void>;

  addTicket(ticket: TicketRow): Promise<void>;
  /**
   * One statement decides; a second read only chooses the reason. What is given for the ticket comes with it in one
   * transaction: a ticket is never used up for nothing.
   */
  consumeTicket(
    jti: string,
    session: string,
    nowMs: number,
    usedBy: string,
    given?: { readonly grant: GrantRow; readonly event: NewEvent },
  ): Promise<TicketOutcome>;
  addGrant(grant: GrantRow): Promise<void>;
  /**
   * The grant by hash of its token; undefined when unknown. While it stands, its last use moves to `nowMs` and its idle
   * time to `idleUntil`, once a minute at most; one that is revoked or over is told as it was. Judging it is the caller's.
   */
  grant(tokenHash: string, nowMs: number, idleUntil: number): Promise<GrantRow | undefined>;
  listGrants(session: string): Promise<readonly GrantRow[]>;
  revokeGrant(session: string, id: string, nowMs: number): Promise<boolean>;
  /** Viewers of a session whose grants were revoked. */
  revokedViewers(session: string): Promise<readonly string[]>;

  principal(keyId: string): Promise<PrincipalRow | undefined>;
  putPrincipal(row: PrincipalRow): Promise<void>;
  listPrincipals(): Promise<readonly PrincipalRow[]>;

  signingKeys(): Promise<readonly SigningKeyRow[]>;
  putSigningKey(row: SigningKeyRow): Promise<void>;
  dropSigningKey(kid: string): Promise<void>;

  /** Adds one to the bucket's window and tells the count of this and the previous one; one upsert. */
  countRate(
    key: string,
    windowStart: number,
    windowMs: number,
  ): Promise<{ readonly current: number; readonly previous: number }>;

  /**
   * Same number and same bytes again is no error; `conflict` when the bytes differ. The same with `dropped` set and
   * nothing in it takes the place of what is there.
   */
  putSegment(session: string, segment: Segment): Promise<'stored' | 'same' | 'conflict'>;
  putKeyframe(session: string, keyframe: Keyframe): Promise<void>;
  segmentHeads(session: string): Promise<readonly SegmentHead[]>;
  segment(session: string, n: number): Promise<Segment | undefined>;
  keyframe(session: string, atOrBefore: number): Promise<Keyframe | undefined>;
  /** Bytes of segments kept for a session, and for all. */
  storedBytes(session?: string): Promise<number>;
  /** `LogInfo` of what has been stored. */
  logInfo(session: string): Promise<LogInfo | undefined>;

  /** Removes what is past its time, in batches: tickets, grants, buckets, idempotency, payloads, logs of expired sessions. Counts by kind. */
  prune(nowMs: number, batch: number): Promise<Readonly<Record<string, number>>>;
  /** Version of the schema, and whether it is the one this code needs. */
  schema(): Promise<{ readonly version: string | null; readonly current: boolean }>;
  /** A named lease of the whole service, for work that one replica does. */
  leaseName(name: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
