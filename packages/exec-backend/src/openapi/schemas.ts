import { requestLimits } from '@hawser/exec-client/contract';

/** A JSON Schema, 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
const words: Schema = { type: 'object', additionalProperties: text };

/** A reference to one of {@link schemas}. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function listOf(items: Schema, most?: number): Schema {
  return { type: 'array', items, ...(most !== undefined && { maxItems: most }) };
}

function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

/** An object of which these fields must be there, and those may. No others. */
function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

const executionId: Schema = { type: 'string', pattern: '^exec_\\d{14}_[a-z2-7]{8,12}$' };
const phases = ['accepted', 'queued', 'provisioning', 'preparing', 'running', 'cancelling'];
const ends = ['succeeded', 'failed', 'timed_out', 'cancelled', 'error', 'lost'];
const phase = oneOf(...phases, ...ends);
const status = oneOf('starting', 'running', 'completed', 'failed');
const lockPolicy = oneOf('fail', 'wait', 'replace');
const scopes = listOf(oneOf('run', 'read', 'cancel', 'secrets', 'keys', 'admin'));
const argv = listOf({ type: 'string', maxLength: requestLimits.argvWordBytes }, requestLimits.argvWords);
const command: Schema = { type: 'string', maxLength: requestLimits.commandBytes };
const environment: Schema = {
  type: 'object',
  maxProperties: requestLimits.envNames,
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: text,
};
const source = object({}, { cli: text, host: text, git_user: text, rerun_of: text });

const key = {
  required: { key_id: text, name: text, scopes, created_at: time },
  optional: { expires_at: time, last_used_at: time, revoked_at: time },
};

const executionRequest = object(
  {},
  {
    execution_id: executionId,
    repo: { type: 'string', maxLength: 2048 },
    no_repo: flag,
    branch: { type: 'string', maxLength: 255 },
    command,
    argv,
    image: { type: 'string', maxLength: 255 },
    entrypoint: oneOf('shell', 'image'),
    env: environment,
    secrets: environment,
    timeout_seconds: { type: 'integer', minimum: 1, maximum: 86_400, default: requestLimits.defaultTimeoutSeconds },
    grace_seconds: {
      type: 'integer',
      minimum: 0,
      maximum: requestLimits.graceSeconds,
      default: requestLimits.defaultGraceSeconds,
    },
    workdir: text,
    lock: { type: 'string', maxLength: 128 },
    lock_policy: lockPolicy,
    lock_timeout_seconds: count,
    labels: {
      type: 'object',
      maxProperties: requestLimits.labels,
      additionalProperties: { type: 'string', maxLength: 256 },
    },
    role: text,
    cpu: count,
    memory: count,
    disk: { type: 'integer', minimum: 21, maximum: 200 },
    platform: oneOf('auto', 'X86_64', 'ARM64'),
    retries: { type: 'integer', minimum: 0, maximum: 2, default: 2 },
    notify: listOf(
      object({ url: { type: 'string', maxLength: 2048 } }, { on: listOf(oneOf(...ends)), secret: text }),
      requestLimits.notify,
    ),
    git_credentials: oneOf('clone', 'run'),
    attachable: flag,
    dirty: object({ base: text, tree: text, files: count, bytes: count }, { diff: text }),
    isolation: oneOf('auto', 'process', 'sandbox', 'container'),
    runner: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 64 },
    source,
  },
);

const backend = object({ kind: oneOf('local', 'aws', 'memory') }, { isolation: text, note: text });

const executionRecord = object(
  {
    execution_id: executionId,
    status,
    phase,
    version: { type: 'integer', minimum: 1 },
    attempt: { type: 'integer', minimum: 1 },
    timeout_seconds: count,
    grace_seconds: count,
    created_at: time,
    created_by: object({}, { key_id: text, name: text, arn: text }),
    backend,
  },
  {
    command,
    argv,
    env: environment,
    secrets: environment,
    workdir: text,
    labels: words,
    queued_at: time,
    provisioned_at: time,
    prepared_at: time,
    started_at: time,
    finished_at: time,
    exit_code: count,
    signal: text,
    reason_code: text,
    reason: text,
    cancel_requested: flag,
    cancel_reason: text,
    source,
    repo: object({ url: text }, { ref: text, commit: text, tree: text, dirty: flag }),
    image: object({}, { ref: text, digest: text, platform: text }),
    task: object({ arn: text }, { definition: text, logs: listOf(text) }),
    lock: object({ name: text, policy: lockPolicy }, { position: count, fence: count }),
    cost_usd: { type: 'number' },
    log: object({ lines: count, bytes: count, complete: flag }, { sha256: text }),
    request_id: text,
  },
);

/** Every body that travels, by name. */
export const schemas: Readonly<Record<string, Schema>> = {
  ApiError: object({ error: text, code: text, request_id: text, retryable: flag }, { details: { type: 'object' } }),
  ExecutionRequest: executionRequest,
  ExecutionChanges: { ...executionRequest, description: 'What is to be otherwise; everything else is as it was.' },
  ExecutionRecord: executionRecord,
  ExecutionStarted: object(
    {
      execution_id: executionId,
      status,
      phase,
      created_at: time,
      backend,
      links: object({ self: text, logs: text, cancel: text }),
    },
    { task_arn: text, log_stream: text, queue_position: count, estimated_usd: { type: 'number' } },
  ),
  ExecutionPage: object({ executions: listOf(ref('ExecutionRecord'), 100) }, { cursor: text }),
  LogPage: object({
    events: listOf(
      object({ seq: count, ts: count, stream: oneOf('runner', 'init'), message: text }, { partial: flag, bytes: text }),
    ),
    cursor: text,
    done: flag,
    complete: flag,
  }),
  CancelWish: object({}, { reason: { type: 'string', maxLength: 256 }, force: flag }),
  AttachWish: object({}, { command: { type: 'string', maxLength: 4096 }, cols: count, rows: count }),
  AttachGrant: object({
    protocol: oneOf('ssm'),
    session_id: text,
    stream_url: text,
    token: text,
    target: text,
    region: text,
    expires: time,
    sentinel: text,
  }),
  Receipt: object({
    payloadType: text,
    payload: text,
    signatures: listOf(object({ keyid: text, sig: text })),
  }),
  JobPayload: object(
    {
      execution_id: executionId,
      attempt: count,
      git_credentials: oneOf('clone', 'run'),
      entrypoint: oneOf('shell', 'image'),
      env: words,
      timeout_seconds: count,
      grace_seconds: count,
      nonce: text,
      report_token: text,
    },
    {
      repo: text,
      ref: text,
      commit: text,
      dirty: { type: 'object' },
      git: { type: 'object' },
      workdir: text,
      command,
      argv,
    },
  ),
  JobReport: object(
    {
      token: text,
      attempt: count,
      event: oneOf('preparing', 'prepared', 'running', 'ended', 'failed'),
      at: count,
    },
    {
      commit: text,
      tree: text,
      exit_code: count,
      signal: text,
      timed_out: flag,
      reason_code: text,
      reason: text,
      log: object({ lines: count, bytes: count }, { sha256: text }),
    },
  ),
  Done: object({ ok: flag }),
  LockRecord: object(
    {
      name: text,
      fence: count,
      queue: listOf(object({ execution_id: executionId, who: text, since: time })),
    },
    {
      holder: object({ execution_id: executionId, command: text, who: text, since: time, lease_until: time }),
    },
  ),
  LockList: object({ locks: listOf(ref('LockRecord')) }),
  SecretRecord: object({ name: text, version: count, updated_at: time }, { updated_by: text }),
  SecretList: object({ secrets: listOf(ref('SecretRecord')) }),
  SecretValue: object({ name: text, value: { type: 'string', maxLength: 8192 } }),
  SecretName: object({ name: text }),
  KeyRecord: object(key.required, key.optional),
  KeyList: object({ keys: listOf(ref('KeyRecord')) }),
  KeyWish: object({ name: { type: 'string', maxLength: 100 }, scopes }, { expires_at: time }),
  KeyRotation: object({}, { overlap_seconds: count }),
  KeyCreated: object({ ...key.required, api_key: text }, key.optional),
  WhoAmI: object({ scopes }, { key_id: text, name: text, arn: text, receipt_key: text }),
  Health: object({ ok: flag, backend, version: text, max_timeout_seconds: count }),
};
