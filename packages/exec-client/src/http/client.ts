import { randomBytes } from 'node:crypto';
import {
  newExecutionId,
  type AttachGrant,
  type ExecutionRecord,
  type ExecutionRequest,
  type ExecutionStarted,
  type Health,
  type LogPage,
  type WhoAmI,
} from '../contract/index.js';
import * as accept from './accept.js';
import { createAdministration, type Administration } from './administration.js';
import { followLog, type FollowOptions, type LogFollower } from './follow.js';
import { findExecution, listExecutions, type ListOptions } from './list.js';
import { createTransport, type TransportOptions } from './transport.js';
import { watchExecution, type WatchOptions } from './watch.js';

/** Where the service is, and how it is spoken to. */
export type ExecClientOptions = TransportOptions;

/** What can be said beside a question. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Which stretch of a log. */
export interface LogsOptions extends CallOptions {
  /** Of the page before; the beginning when missing. */
  readonly cursor?: string | undefined;
  /** How long the service may hold its answer until there is a line: 0 to 20 seconds. Default 0. */
  readonly waitSeconds?: number | undefined;
  /** Lines at most; the service's own limit when missing. */
  readonly limit?: number | undefined;
  /** Default `all`. */
  readonly stream?: 'all' | 'runner' | 'init' | undefined;
}

/** How a cancel is asked for. */
export interface CancelOptions extends CallOptions {
  readonly reason?: string | undefined;
  /** KILL at once, without the grace period. */
  readonly force?: boolean | undefined;
}

/** How a session into a running execution begins. */
export interface AttachCallOptions extends CallOptions {
  /** Default: the image's shell. */
  readonly command?: string | undefined;
  readonly columns: number;
  readonly rows: number;
}

/**
 * An execution service, as far as a program that uses it sees it. Questions are asked again, with growing pauses, where
 * that cannot do harm; what the service refuses is thrown as an {@link ExecError} with the service's code in its details.
 */
export interface ExecClient extends Administration {
  /** Starts an execution. Given again with the same id, or asked again because the answer got lost, it starts once. */
  start(request: ExecutionRequest, options?: CallOptions): Promise<ExecutionStarted>;
  get(id: string, options?: CallOptions): Promise<ExecutionRecord>;
  /** Newest first; asks for the next page when this one is read. */
  list(options?: ListOptions): AsyncIterable<ExecutionRecord>;
  /** The full id that `text` is, or is the only beginning of (with or without `exec_`) among the newest 1,000. */
  find(text: string, options?: CallOptions): Promise<string>;
  logs(id: string, options?: LogsOptions): Promise<LogPage>;
  /** Every line, each once and in order, until the log is at its end. */
  follow(id: string, options?: FollowOptions): LogFollower;
  /** The record whenever it has changed, first as it stands, last at the execution's end. */
  watch(id: string, options?: WatchOptions): AsyncIterable<ExecutionRecord>;
  /** The record at the execution's end. */
  wait(id: string, options?: WatchOptions): Promise<ExecutionRecord>;
  /** Asks for the end. Asking twice is asking once. */
  cancel(id: string, options?: CancelOptions): Promise<void>;
  attach(id: string, options: AttachCallOptions): Promise<AttachGrant>;
  /** The same again, at the same commit and image digest, except for what is given. */
  rerun(id: string, changes?: Partial<ExecutionRequest>, options?: CallOptions): Promise<ExecutionStarted>;
  /** The signed receipt: a JSON document that is given to a verifier as it is. */
  receipt(id: string, options?: CallOptions): Promise<unknown>;
  whoami(options?: CallOptions): Promise<WhoAmI>;
  health(options?: CallOptions): Promise<Health>;
}

/** How long to look for a service that does not answer while something runs there. */
const patience = { giveUpAfterMs: 300_000 };

/**
 * Makes a client. Nothing is asked yet.
 *
 * @throws ExecError HAWSER_EXEC_BAD_INPUT for an address or key that cannot be one
 */
export function createExecClient(options: ExecClientOptions): ExecClient {
  const transport = createTransport(options);
  const { ask } = transport;
  const patient = { ...patience, ...options.retry };
  const newId = (): string => newExecutionId(Date.now(), (bytes) => randomBytes(bytes).toString('hex'));

  const client: ExecClient = {
    ...createAdministration(transport),
    start: (request, { signal } = {}) =>
      ask({
        route: 'start',
        body: { ...request, execution_id: request.execution_id ?? newId() },
        isIdempotent: true,
        accept: accept.isStarted,
        signal,
      }),
    get: (id, { signal } = {}) => ask({ route: 'get', id, isIdempotent: true, accept: accept.isRecord, signal }),
    list: (listOptions = {}) => listExecutions(transport, listOptions),
    find: (text, { signal } = {}) => findExecution(transport, text, signal),
    logs: (id, { cursor, waitSeconds, limit, stream, signal } = {}) =>
      ask({
        route: 'logs',
        id,
        query: { cursor, wait: waitSeconds, limit, stream },
        isIdempotent: true,
        waitMs: (waitSeconds ?? 0) * 1000,
        accept: accept.isLogPage,
        signal,
      }),
    follow: (id, followOptions = {}) => followLog(transport, id, followOptions, patient),
    watch: (id, watchOptions = {}) => watchExecution(transport, id, watchOptions, patient),
    async wait(id, watchOptions = {}) {
      let last: ExecutionRecord | undefined;
      for await (const record of watchExecution(transport, id, watchOptions, patient)) last = record;
      return last!;
    },
    async cancel(id, { reason, force, signal } = {}) {
      await ask({
        route: 'cancel',
        id,
        body: { ...(reason !== undefined && { reason }), ...(force && { force }) },
        isIdempotent: true,
        accept: accept.isAnything,
        signal,
      });
    },
    attach: (id, { command, columns, rows, signal }) =>
      ask({
        route: 'attach',
        id,
        body: { ...(command !== undefined && { command }), cols: columns, rows },
        isIdempotent: false,
        accept: accept.isGrant,
        signal,
      }),
    rerun: (id, changes = {}, { signal } = {}) =>
      ask({
        route: 'rerun',
        id,
        body: { ...changes, execution_id: changes.execution_id ?? newId() },
        isIdempotent: true,
        accept: accept.isStarted,
        signal,
      }),
    receipt: (id, { signal } = {}) =>
      ask({ route: 'receipt', id, isIdempotent: true, accept: accept.isObject, signal }),
    whoami: ({ signal } = {}) => ask({ route: 'whoami', isIdempotent: true, accept: accept.isWhoAmI, signal }),
    health: ({ signal } = {}) => ask({ route: 'health', isIdempotent: true, accept: accept.isHealth, signal }),
  };
  return client;
}
