import { routes } from '../route-table.js';
import type { RouteName } from '../route-table.js';
import { ref, schemas } from './schemas.js';
import type { Schema } from './schemas.js';

/** What is said of a route beside its path and who may ask. */
interface Operation {
  readonly summary: string;
  /** Name of a schema, or a type of content. */
  readonly body?: string;
  /** Each status of success, and a schema, a type of content, or nothing. */
  readonly answers: Readonly<Record<number, string | null>>;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly headers?: Readonly<Record<string, Schema>>;
}

const text: Schema = { type: 'string' };
const offset: Schema = { type: 'integer', minimum: 0 };
const seconds: Schema = { type: 'number', minimum: 0 };
const bytes = 'application/octet-stream';

const operations: Readonly<Record<RouteName, Operation>> = {
  createSession: {
    summary: 'Create a session. The row is written before anything runs, and the answer does not wait for it.',
    body: 'CreateSession',
    answers: { 201: 'CreatedSession' },
    headers: {
      'Idempotency-Key': { ...text, maxLength: 255, description: 'The same key and body again give the same session.' },
    },
  },
  listSessions: {
    summary: 'Sessions of this key, newest first; all of them for the scope admin.',
    answers: { 200: 'SessionPage' },
    query: {
      state: { ...text, description: 'One, or several with commas between.' },
      label: { ...text, description: 'name=value; may be given several times.' },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      cursor: text,
    },
  },
  getSession: { summary: 'What is known of a session.', answers: { 200: 'Session', 304: null } },
  stopSession: {
    summary: 'End the command: SIGTERM, and SIGKILL after the grace.',
    answers: { 202: 'Session' },
    query: { grace: { ...seconds, maximum: 600 } },
  },
  wait: {
    summary: 'Wait until a session is ready or over (202: not yet), or until its output matches a pattern.',
    answers: { 200: 'Anything', 202: 'Session' },
    query: {
      until: { ...text, enum: ['ready', 'exited'], default: 'exited' },
      timeout: seconds,
      pattern: text,
      from: offset,
    },
  },
  events: {
    summary: 'What happened to a session: a page of JSON, or a stream to whoever accepts text/event-stream.',
    answers: { 200: 'EventPage', 204: null },
    query: { after: offset },
    headers: { 'Last-Event-ID': text },
  },
  mintTicket: { summary: 'Make another link that works once.', body: 'Share', answers: { 201: 'Shared' } },
  listGrants: { summary: 'Who may look on.', answers: { 200: 'GrantList' } },
  revokeGrant: { summary: 'Send a viewer away.', answers: { 204: null } },
  log: {
    summary: 'The log, or a part of it.',
    answers: { 200: bytes, 206: bytes },
    query: { from: offset, format: { ...text, enum: ['raw', 'text', 'html', 'cast', 'transcript'], default: 'raw' } },
    headers: { Range: text },
  },
  screen: { summary: 'The screen as text, now or at an offset.', answers: { 200: 'Anything' }, query: { at: offset } },
  search: { summary: 'Find text in the whole log.', answers: { 200: 'Anything' }, query: { q: text } },
  history: {
    summary: 'Lines with their colours.',
    answers: { 200: 'Anything' },
    query: { from: offset, to: offset },
  },
  receipt: { summary: 'The signed receipt of a session that is over.', answers: { 200: 'Receipt' } },
  input: { summary: 'Type something, under the lease of the keyboard.', body: 'Anything', answers: { 202: null } },
  signal: { summary: 'Send a signal to the command.', body: 'Anything', answers: { 202: null } },
  resize: { summary: 'Change the size of the terminal.', body: 'Size', answers: { 202: null } },
  readFile: { summary: 'Read a file of the session.', answers: { 200: bytes } },
  writeFile: { summary: 'Write a file of the session.', body: bytes, answers: { 201: null, 204: null } },
  removeFile: { summary: 'Remove a file of the session.', answers: { 204: null } },
  listKeys: { summary: 'API keys.', answers: { 200: 'KeyList' } },
  createKey: {
    summary: 'Make an API key, which is shown this once.',
    body: 'CreateKey',
    answers: { 201: 'CreatedKey' },
  },
  revokeKey: { summary: 'Make a key good for nothing, at once.', answers: { 204: null } },
  whoami: { summary: 'Whose key this is, and what it may do.', answers: { 200: 'Key' } },
  jwks: { summary: 'Keys that tickets and receipts are signed with.', answers: { 200: 'Jwks' } },
  openApi: { summary: 'This document.', answers: { 200: 'Anything' } },
  healthz: { summary: 'Whether the process answers.', answers: { 200: 'Health' } },
  readyz: { summary: 'Whether a session could be taken.', answers: { 200: 'Readiness', 503: 'Readiness' } },
  metrics: { summary: "Metrics in Prometheus' text format.", answers: { 200: 'text/plain' } },
};

/** The OpenAPI 3.1 document of the service. */
export function openApiDocument(version: string): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, [method, pattern]] of Object.entries(routes)) {
    const path = pattern.replace('…', '');
    (paths[path] ??= {})[method.toLowerCase()] = operationOf(name as RouteName, path);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Hawser sessions', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
    },
  };
}

function operationOf(name: RouteName, path: string): object {
  const { summary, body, answers, query = {}, headers = {} } = operations[name];
  const scope = routes[name][2];
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: text,
  }));
  const named = (fields: Readonly<Record<string, Schema>>, where: string): object[] =>
    Object.entries(fields).map(([field, schema]) => ({ name: field, in: where, schema }));
  const parameters = [...inPath, ...named(query, 'query'), ...named(headers, 'header')];
  const isOpen = scope === 'open';
  return {
    operationId: name,
    summary,
    ...(!isOpen && scope !== 'any' && { description: `Needs the scope ${scope}.` }),
    security: isOpen ? [] : [{ key: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: name !== 'mintTicket', content: contentOf(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          {
            description: status === '202' ? 'Taken, or not yet.' : 'Done.',
            ...(answer !== null && { content: contentOf(answer) }),
          },
        ]),
      ),
      default: {
        description: 'A problem; its code is stable.',
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    },
  };
}

function contentOf(what: string): object {
  if (!what.includes('/')) return { 'application/json': { schema: ref(what) } };
  return { [what]: { schema: what === bytes ? {} : text } };
}
