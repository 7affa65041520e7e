import { isExecutionId, type ExecutionRecord, type Phase, type Status } from '../contract/index.js';
import { ExecError } from '../errors.js';
import { isExecutionPage } from './accept.js';
import type { Transport } from './transport.js';

/** Which executions. */
export interface ListOptions {
  readonly status?: Status | Phase | undefined;
  /** `name=value`. */
  readonly label?: string | undefined;
  readonly repo?: string | undefined;
  /** ISO 8601: made at or after. */
  readonly since?: string | undefined;
  /** How many in all; every one when missing. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the service gives in one page. */
const pageSize = 100;
const lookedThrough = 1000;

/** Executions, newest first; pages are asked for as they are read. */
export async function* listExecutions(
  { ask }: Transport,
  { limit = Infinity, signal, ...filters }: ListOptions,
): AsyncGenerator<ExecutionRecord, void, undefined> {
  let left = limit;
  let cursor: string | undefined;
  while (left > 0) {
    const query = { ...filters, limit: Math.min(left, pageSize), cursor };
    const page = await ask({ route: 'list', query, isIdempotent: true, accept: isExecutionPage, signal });
    yield* page.executions.slice(0, left);
    left -= page.executions.length;
    if (page.cursor === undefined) return;
    ({ cursor } = page);
  }
}

/** The full id of which `text` is the only beginning. */
export async function findExecution(
  transport: Transport,
  text: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (isExecutionId(text)) return text;
  const found: string[] = [];
  if (/^[a-z0-9_]+$/.test(text)) {
    for await (const { execution_id: id } of listExecutions(transport, { limit: lookedThrough, signal })) {
      if (id.startsWith(text) || id.startsWith(`exec_${text}`)) found.push(id);
    }
  }
  const [id, other] = found;
  if (id === undefined) {
    throw new ExecError('HAWSER_EXEC_NOT_FOUND', `No execution's id begins with ${text}.`);
  }
  if (other !== undefined) {
    throw new ExecError('HAWSER_EXEC_BAD_INPUT', `${found.length} executions have an id that begins with ${text}.`, {
      hint: `Give more of it, e.g. ${id}.`,
      details: { ids: found.slice(0, 10) },
    });
  }
  return id;
}
