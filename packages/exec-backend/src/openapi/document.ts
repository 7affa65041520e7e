import { apiErrorStatus, apiRoutes, jobTokenHeader } from '@hawser/exec-client/contract';
import type { ApiRoute } from '@hawser/exec-client/contract';
import { scopes } from '../router/scopes.js';
import { ref, schemas } from './schemas.js';
import type { Schema } from './schemas.js';

/** What is said of a route beside its path and who may ask. */
interface Operation {
  readonly summary: string;
  /** Names of schemas. */
  readonly body?: string;
  readonly answer: string;
  /** Codes of success; 200 when missing. */
  readonly status?: readonly number[];
  readonly query?: Readonly<Record<string, Schema>>;
}

const text: Schema = { type: 'string' };

const operations: Readonly<Record<ApiRoute, Operation>> = {
  start: {
    summary: 'Run a command. The same id and body again give the same execution.',
    body: 'ExecutionRequest',
    answer: 'ExecutionStarted',
    status: [201, 200],
  },
  list: {
    summary: 'Executions, newest first.',
    answer: 'ExecutionPage',
    query: {
      status: { type: 'string', description: 'A status or a phase.' },
      label: { type: 'string', description: 'name=value; may be given several times.' },
      repo: text,
      since: { type: 'string', format: 'date-time' },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      cursor: text,
    },
  },
  get: { summary: 'All that is known of an execution.', answer: 'ExecutionRecord' },
  logs: {
    summary: 'What a command wrote, line by line; waits for the next line if asked to.',
    answer: 'LogPage',
    query: {
      cursor: text,
      wait: { type: 'number', minimum: 0, maximum: 20, description: 'Seconds.' },
      limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 1000 },
      stream: { type: 'string', enum: ['all', 'runner', 'init'], default: 'all' },
    },
  },
  cancel: {
    summary: 'Ask for an end. Idempotent; what really happened says the record.',
    body: 'CancelWish',
    answer: 'ExecutionRecord',
    status: [202],
  },
  attach: { summary: 'A session into a task that runs.', body: 'AttachWish', answer: 'AttachGrant' },
  rerun: {
    summary: 'Repeat an execution at the same commit and in the same image.',
    body: 'ExecutionChanges',
    answer: 'ExecutionStarted',
    status: [201, 200],
  },
  receipt: { summary: 'The signed receipt: a DSSE envelope.', answer: 'Receipt' },
  payload: { summary: 'For tasks: what to run, handed out once for a job token.', answer: 'JobPayload' },
  report: {
    summary: 'For tasks: what happened. Late and doubled facts change nothing.',
    body: 'JobReport',
    answer: 'Done',
  },
  locks: { summary: 'Locks that somebody holds or waits for.', answer: 'LockList' },
  releaseLock: {
    summary: 'Take a lock from a holder that is known to be gone.',
    answer: 'LockRecord',
    query: { name: text, force: { type: 'boolean' } },
  },
  secrets: { summary: 'Names of secrets. No question gives a value back.', answer: 'SecretList' },
  putSecret: { summary: 'Store a secret.', body: 'SecretValue', answer: 'SecretRecord' },
  removeSecret: { summary: 'Remove a secret.', answer: 'SecretName', query: { name: text } },
  keys: { summary: 'API keys.', answer: 'KeyList' },
  createKey: {
    summary: 'Make an API key, which is shown this once.',
    body: 'KeyWish',
    answer: 'KeyCreated',
    status: [201],
  },
  rotateKey: {
    summary: 'Make a key in the place of another; both are good for a while.',
    body: 'KeyRotation',
    answer: 'KeyCreated',
    status: [201],
  },
  revokeKey: { summary: 'Make a key good for nothing, at once.', answer: 'KeyRecord' },
  whoami: { summary: 'Who the key is, and what it may do.', answer: 'WhoAmI' },
  health: { summary: 'Whether the service is there, and where it runs commands.', answer: 'Health' },
  openapi: { summary: 'This document.', answer: 'OpenApi' },
};

/** The OpenAPI 3.1 document of the service. */
export function openApiDocument(version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [name, [method, path]] of Object.entries(apiRoutes)) {
    (paths[path] ??= {})[method.toLowerCase()] = operationOf(name as ApiRoute, path);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Hawser execution service', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas: { ...schemas, OpenApi: { type: 'object' } },
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        job: { type: 'apiKey', in: 'header', name: jobTokenHeader },
      },
    },
  };
}

function operationOf(name: ApiRoute, path: string): Schema {
  const { summary, body, answer, status = [200], query = {} } = operations[name];
  const scope = scopes[name];
  const parameters = [
    ...(path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: text }] : []),
    ...Object.entries(query).map(([field, schema]) => ({ name: field, in: 'query', schema })),
  ];
  return {
    operationId: name,
    summary,
    ...(scope !== 'open' && scope !== 'job' && { description: scopeText(scope) }),
    security: securityOf(scope),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { content: jsonOf(body) } }),
    responses: {
      ...Object.fromEntries(status.map((code) => [code, { description: 'Done.', content: jsonOf(answer) }])),
      default: {
        description: `An error: ${[...new Set(Object.values(apiErrorStatus))].join(', ')}.`,
        content: jsonOf('ApiError'),
      },
    },
  };
}

function securityOf(scope: string): readonly Schema[] {
  if (scope === 'open') return [];
  return [scope === 'job' ? { job: [] } : { key: [] }];
}

function scopeText(scope: string): string {
  return scope === 'any' ? 'Any key may ask.' : `The key needs the scope ${scope}, or admin.`;
}

function jsonOf(schema: string): Schema {
  return { 'application/json': { schema: ref(schema) } };
}
