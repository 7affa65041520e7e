import { logRoutes } from '../../log/index.js';
import { isOver } from '../../protocol/states.js';
import { storedLog } from '../../store/stored-log.js';
import type { SessionRow } from '../../store/types.js';
import { Problem } from '../problem.js';
import { sessionOf } from './context.js';
import type { KeyContext } from './context.js';

/** Fields of a request that mean something to whoever answers it. */
const passedOn = ['accept', 'content-type', 'if-none-match', 'if-range', 'range'];
/** Fields of an answer that are the connection's own business. */
const notPassedOn = ['connection', 'keep-alive', 'set-cookie', 'transfer-encoding', 'x-hawser-runner-proof'];

/** `POST …/input`, `/signal`, `/resize` and everything below `/files/`: only a runner can do it. */
export async function relayToRunner(context: KeyContext): Promise<Response> {
  const row = await sessionOf(context);
  if (isServed(row)) return relay(context, row);
  const why = isOver(row.state) ? `ended with ${row.reason}` : `is ${row.state}`;
  throw new Problem('not_running', `Session ${row.id} ${why}: there is no runner to ask.`, {
    ...(!isOver(row.state) && { retryAfter: 1 }),
  });
}

/**
 * `GET …/log`, `/screen`, `/search`, `/history` and `/wait?pattern=`: from the runner while there is one, from the archive
 * before and afterwards.
 */
export async function readLog(context: KeyContext): Promise<Response> {
  const row = await sessionOf(context);
  if (row.state === 'expired') throw new Problem('log_expired', `The log of session ${row.id} is past its time.`);
  if (context.service.ports.access && isServed(row)) {
    try {
      return await relay(context, row);
    } catch (error) {
      // A runner that was asked to stay may be gone; the archive has all of a session that is over.
      if (!isOver(row.state)) throw error;
    }
  }
  const answer = logRoutes(storedLog(context.service.store, row.id), {
    title: row.command ?? row.argv?.join(' ') ?? row.id,
    exitCode: () => row.exit?.code ?? null,
    receipt: async () => row.receipt,
  });
  return answer(new Request(context.request, { signal: context.signal }));
}

/** Whether a runner answers for the session: the one that has claimed it, at the address it gave. */
export function isServed(row: SessionRow): boolean {
  return row.runnerEpoch !== null && row.address !== null && row.state !== 'archived' && row.state !== 'expired';
}

/** Hands a request on to the runner as it is, and its answer back. */
export async function relay(
  { service, request, signal, url, principal }: KeyContext,
  row: SessionRow,
): Promise<Response> {
  const { access } = service.ports;
  if (!access) throw new Problem('runner_unreachable', 'This service does not reach runners.');
  const headers = new Headers({ 'x-hawser-viewer': `key:${principal.keyId}`, 'x-hawser-role': roleOf(request) });
  for (const name of passedOn) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const path = url.pathname.slice(`/api/sessions/${row.id}`.length) + url.search;
  const answer = await access.fetch(row, path, {
    method: request.method,
    headers,
    signal,
    ...(request.body && { body: request.body, duplex: 'half' }),
  });
  const answered = new Headers(answer.headers);
  for (const name of notPassedOn) answered.delete(name);
  return new Response(answer.body, { status: answer.status, headers: answered });
}

/** What changes nothing is asked for as somebody who may only look. */
function roleOf({ method, url }: Request): string {
  const isLooking = (method === 'GET' || method === 'HEAD') && !/\/files\//.test(new URL(url).pathname);
  return isLooking ? 'view' : 'control';
}
