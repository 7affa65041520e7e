import { exitReasons, sessionStates } from '../../protocol/states.js';
import { scopes } from '../authenticate.js';
import { createLimits } from '../create-request.js';
import { problemStatus } from '../problem.js';

/** A JSON Schema, 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

/** A reference to one of {@link schemas}. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
const id: Schema = { type: 'string', format: 'uuid' };
const words: Schema = { type: 'object', additionalProperties: text };

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

/** An object of which these fields must be there, and those may. No others. */
function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  const names = Object.keys(required);
  return {
    type: 'object',
    ...(names.length > 0 && { required: names }),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

const role = oneOf('control', 'view');
const egress = oneOf('none', 'public', 'allowlist');
const cells: Schema = { type: 'integer', minimum: 1, maximum: 1000 };
const size = object({ cols: cells, rows: cells });
const exit = object(
  {
    reason: oneOf(...exitReasons),
    code: orNull({ type: 'integer', minimum: 0, maximum: 255 }),
    signal: orNull(text),
    offset: count,
    digest: orNull({ type: 'string', pattern: '^[0-9a-f]{64}$' }),
  },
  { message: text, leftBehind: count },
);

const session: Readonly<Record<string, Schema>> = {
  sessionId: id,
  state: oneOf(...sessionStates),
  owner: text,
  command: orNull(text),
  argv: orNull(listOf(text)),
  source: orNull(object({ url: text, revision: orNull(text) })),
  labels: words,
  size: ref('Size'),
  egress,
  exitOnJob: flag,
  createdAt: time,
  startedAt: orNull(time),
  exitedAt: orNull(time),
  deadlineAt: orNull(time),
  retainUntil: orNull(time),
  detail: orNull(text),
  exit: orNull(ref('Exit')),
  log: object({ first: count, head: count, lines: count }),
  viewers: count,
  version: count,
  links: object({ self: text, terminal: text, log: text, events: text }),
};

const key: Readonly<Record<string, Schema>> = {
  id: text,
  name: text,
  scopes: listOf(oneOf(...scopes)),
  quota: object({}, { running: count, perMinute: count, logBytes: count }),
  standing: oneOf('good', 'revoked', 'expired'),
  createdAt: orNull(time),
  expiresAt: orNull(time),
  revokedAt: orNull(time),
};

/** The shapes that are asked for and answered. */
export const schemas: Readonly<Record<string, Schema>> = {
  Size: size,
  Exit: exit,
  CreateSession: object(
    {},
    {
      code_url: { type: 'string', maxLength: createLimits.url },
      code_checksum_sha256: { type: 'string', pattern: '^(?:[0-9a-f]{64}|[0-9a-f]{40})$' },
      command: { type: 'string', maxLength: createLimits.command },
      argv: { type: 'array', items: text, minItems: 1, maxItems: createLimits.argv },
      prompt: { type: 'string', maxLength: createLimits.prompt },
      install_cmd: { type: 'string', maxLength: createLimits.command },
      env: { ...words, maxProperties: createLimits.env },
      size: ref('Size'),
      size_mode: oneOf('latest', 'smallest-visible', 'fixed'),
      deadline_seconds: { type: 'number', minimum: 1 },
      idle_seconds: { type: 'number', minimum: 0 },
      exit_on_job: flag,
      egress,
      labels: { ...words, maxProperties: createLimits.labels },
      wait: oneOf('ready', 'exited'),
    },
  ),
  Session: object(session),
  CreatedSession: object({ ...session, wsUrl: text, token: text, terminalUrl: text, ticketExpiresAt: time }),
  SessionPage: object({ sessions: listOf(ref('Session')), next: orNull(text) }),
  Event: object({
    id: count,
    at: time,
    actor: text,
    kind: text,
    data: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
  }),
  EventPage: object({ events: listOf(ref('Event')), next: orNull(count) }),
  Share: object({}, { role, ttl_seconds: { type: 'number', minimum: 1, maximum: 300, default: 300 } }),
  Shared: object({ session: id, role, token: text, terminalUrl: text, ticketExpiresAt: time }),
  GrantList: object({
    grants: listOf(
      object({
        id: text,
        role,
        viewer: text,
        userAgent: orNull(text),
        createdAt: time,
        lastSeen: time,
        expiresAt: time,
        standing: oneOf('good', 'expired', 'revoked'),
      }),
    ),
  }),
  Key: object(key),
  KeyList: object({ keys: listOf(ref('Key')) }),
  CreateKey: object(
    { name: text, scopes: listOf(oneOf(...scopes)) },
    { expires_at: time, quota: object({}, { running: count, per_minute: count, log_bytes: count }) },
  ),
  CreatedKey: object({ ...key, key: text }),
  Receipt: {
    type: 'object',
    description: 'A DSSE envelope. Its claim is of the kind hawser.session/1.',
    required: ['payload', 'payloadType', 'signatures'],
  },
  Jwks: object({ keys: listOf({ type: 'object', required: ['kty', 'kid'] }) }),
  Health: object({ ok: flag }),
  Readiness: object({ ok: flag, problems: listOf(text), warnings: listOf(text) }),
  /** Said by whoever serves the log: its shape is that of `logRoutes`. */
  Anything: { type: 'object' },
  Problem: object(
    {
      type: text,
      title: text,
      status: { type: 'integer' },
      code: oneOf(...Object.keys(problemStatus)),
      detail: text,
    },
    { hint: text, details: { type: 'object' } },
  ),
};
