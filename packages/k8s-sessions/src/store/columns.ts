import type { EventRow, KeyframeRow, PayloadRow, SegmentRow } from './rows.js';
import type { GrantRow, PrincipalRow, SessionRow, SigningKeyRow, TicketRow } from './types.js';

/** How a value stands in both engines. A `json` is jsonb in PostgreSQL and text in SQLite; a `flag` is 0 or 1 in SQLite. */
type Kind = 'text' | 'number' | 'flag' | 'json' | 'bytes';

/** What a driver takes and gives for one row. */
export type Stored = Record<string, unknown>;

/** Carries values of `Row` to and from the columns of a table, alike for both engines. */
export interface Columns<Row> {
  readonly table: string;
  /** Only the fields that are there. Undefined is none. */
  readonly store: (row: Partial<Row>) => Stored;
  readonly load: (stored: Stored) => Row;
}

function columnsOf<Row>(
  table: string,
  fields: { readonly [Field in keyof Required<Row>]: readonly [column: string, kind: Kind, absent?: 'left out'] },
): Columns<Row> {
  const entries = Object.entries(fields) as [keyof Row & string, readonly [string, Kind, 'left out'?]][];
  return {
    table,
    store(row) {
      const stored: Stored = {};
      for (const [field, [column, kind]] of entries)
        if (row[field] !== undefined) stored[column] = toStored(row[field], kind);
      return stored;
    },
    load(stored) {
      const row: Record<string, unknown> = {};
      for (const [field, [column, kind, absent]] of entries) {
        const value = fromStored(stored[column], kind);
        if (value !== null || !absent) row[field] = value;
      }
      return row as Row;
    },
  };
}

function toStored(value: unknown, kind: Kind): unknown {
  if (value === null) return null;
  if (kind === 'json') return cleanJson(JSON.stringify(value));
  if (kind === 'text') return cleanText(value as string);
  // A driver takes a Buffer for bytes; it shares the memory.
  if (kind === 'bytes') return bufferOf(value as Uint8Array);
  return value;
}

function fromStored(value: unknown, kind: Kind): unknown {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  if (kind === 'flag') return Boolean(value);
  if (kind === 'number') return Number(value);
  // libsql gives an ArrayBuffer, pg a Buffer.
  if (kind === 'bytes') return value instanceof ArrayBuffer ? new Uint8Array(value) : bytesOf(value as Uint8Array);
  return value;
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const bytesOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * PostgreSQL takes no NUL in a text, and no half of a surrogate pair. What a runner says of its own command may hold
 * both, and an exit record must not be lost for that: U+FFFD stands in their place, in both engines.
 */
export function cleanText(text: string): string {
  return text.replaceAll(/\0|\p{Surrogate}/gu, '\uFFFD');
}

/** The same within JSON, where both stand as escapes; an escaped backslash before them is text of its own. */
function cleanJson(json: string): string {
  return json.replaceAll(/\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g, (found) => (found === '\\\\' ? found : '\uFFFD'));
}

export const sessions: Columns<SessionRow> = columnsOf<SessionRow>('session', {
  id: ['id', 'text'],
  owner: ['owner', 'text'],
  state: ['state', 'text'],
  reason: ['reason', 'text'],
  detail: ['detail', 'text'],
  exit: ['exit', 'json'],
  command: ['command', 'text'],
  argv: ['argv', 'json'],
  source: ['source', 'json'],
  sourceRevision: ['source_revision', 'text'],
  installCommand: ['install_command', 'text'],
  labels: ['labels', 'json'],
  size: ['size', 'json'],
  sizeMode: ['size_mode', 'text'],
  egress: ['egress', 'text'],
  exitOnJob: ['exit_on_job', 'flag'],
  deadlineMs: ['deadline_ms', 'number'],
  idleMs: ['idle_ms', 'number'],
  attempt: ['attempt', 'number'],
  runnerEpoch: ['runner_epoch', 'text'],
  runnerSecretHash: ['runner_secret_hash', 'text'],
  dialKey: ['dial_key', 'text'],
  jobName: ['job_name', 'text'],
  podName: ['pod_name', 'text'],
  podUid: ['pod_uid', 'text'],
  address: ['address', 'text'],
  port: ['port', 'number'],
  image: ['image', 'text'],
  stopRequested: ['stop_requested', 'json'],
  logHead: ['log_head', 'number'],
  logLines: ['log_lines', 'number'],
  logChain: ['log_chain', 'text'],
  viewers: ['viewers', 'number'],
  keyboard: ['keyboard', 'json'],
  receipt: ['receipt', 'json'],
  createdAt: ['created_at', 'number'],
  startedAt: ['started_at', 'number'],
  exitedAt: ['exited_at', 'number'],
  deadlineAt: ['deadline_at', 'number'],
  retainUntil: ['retain_until', 'number'],
  beatAt: ['beat_at', 'number'],
  leaseOwner: ['lease_owner', 'text'],
  leaseUntil: ['lease_until', 'number'],
  version: ['version', 'number'],
});

export const sessionEvents: Columns<EventRow> = columnsOf<EventRow>('session_event', {
  session: ['session', 'text'],
  id: ['id', 'number'],
  atMs: ['at', 'number'],
  actor: ['actor', 'text'],
  kind: ['kind', 'text'],
  data: ['data', 'json'],
});

export const payloads: Columns<PayloadRow> = columnsOf<PayloadRow>('secret_payload', {
  session: ['session', 'text'],
  sealed: ['sealed', 'bytes'],
  expiresAt: ['expires_at', 'number'],
});

export const tickets: Columns<TicketRow> = columnsOf<TicketRow>('attach_ticket', {
  jti: ['jti', 'text'],
  session: ['session', 'text'],
  role: ['role', 'text'],
  principal: ['principal', 'text'],
  expiresAt: ['expires_at', 'number'],
  usedAt: ['used_at', 'number'],
});

export const grants: Columns<GrantRow> = columnsOf<GrantRow>('viewer_grant', {
  id: ['id', 'text'],
  tokenHash: ['token_hash', 'text'],
  session: ['session', 'text'],
  role: ['role', 'text'],
  viewer: ['viewer', 'text'],
  userAgent: ['user_agent', 'text'],
  createdAt: ['created_at', 'number'],
  lastSeen: ['last_seen', 'number'],
  idleUntil: ['idle_until', 'number'],
  expiresAt: ['expires_at', 'number'],
  revokedAt: ['revoked_at', 'number'],
});

export const principals: Columns<PrincipalRow> = columnsOf<PrincipalRow>('principal', {
  keyId: ['key_id', 'text'],
  name: ['name', 'text'],
  hash: ['hash', 'text'],
  scopes: ['scopes', 'json'],
  quota: ['quota', 'json'],
  createdAtMs: ['created_at', 'number'],
  expiresAtMs: ['expires_at', 'number', 'left out'],
  lastUsedAtMs: ['last_used_at', 'number', 'left out'],
  revokedAtMs: ['revoked_at', 'number', 'left out'],
  replacedBy: ['replaced_by', 'text', 'left out'],
});

export const signingKeys: Columns<SigningKeyRow> = columnsOf<SigningKeyRow>('signing_key', {
  kid: ['kid', 'text'],
  use: ['purpose', 'text'],
  publicJwk: ['public_jwk', 'json'],
  status: ['status', 'text'],
  notBefore: ['not_before', 'number'],
  notAfter: ['not_after', 'number'],
});

export const segments: Columns<SegmentRow> = columnsOf<SegmentRow>('log_segment', {
  session: ['session', 'text'],
  n: ['n', 'number'],
  from: ['from_offset', 'number'],
  to: ['to_offset', 'number'],
  firstLine: ['first_line', 'number'],
  lines: ['lines', 'number'],
  sha256: ['sha256', 'text'],
  indexSha256: ['index_sha256', 'text'],
  chain: ['chain', 'text'],
  startedAtMs: ['started_at', 'number'],
  dropped: ['dropped', 'flag'],
  bytes: ['bytes', 'number'],
  body: ['body', 'bytes'],
  index: ['side_index', 'bytes'],
});

export const keyframes: Columns<KeyframeRow> = columnsOf<KeyframeRow>('log_keyframe', {
  session: ['session', 'text'],
  offset: ['at_offset', 'number'],
  size: ['size', 'json'],
  atMs: ['at', 'number'],
  data: ['data', 'bytes'],
});
