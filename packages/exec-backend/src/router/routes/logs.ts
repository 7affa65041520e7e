import { isEnd } from '@hawser/exec-client/contract';
import type { LogPage, LogStream } from '@hawser/exec-client/contract';
import { setTimeout as pause } from 'node:timers/promises';
import { recordOf } from '../../core/execution.js';
import type { Execution } from '../../core/execution.js';
import { partitions } from '../../core/records.js';
import type { Held } from '../../core/records.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { invalid, json, numberField } from '../http.js';
import type { Call, Route, Service } from '../route.js';
import { idOf } from './executions.js';

/** Reading what a command wrote. */
export const logRoutes: readonly Route[] = [
  { method: 'GET', path: '/executions/{id}/logs', scope: 'read', operation: 'readLogs', handle: logs },
];

/** How long one read waits before the record is looked at again. */
const sliceMs = 1000;
/** How long after its end an execution's log may still be on its way. */
export const logPatienceMs = 30_000;

interface Cursor {
  readonly position?: string;
}

async function logs(call: Call): Promise<Response> {
  const { service, request } = call;
  const query = Object.fromEntries(call.query);
  const stream = query['stream'] ?? 'all';
  if (!['all', 'runner', 'init'].includes(stream)) throw invalid('stream', 'must be all, runner or init');
  const page = await readPage(service, await service.executions.look(idOf(call)), {
    position: decodeCursor<Cursor>(query['cursor'])?.position,
    limit: Math.floor(numberField(query, 'limit', 1, 10_000) ?? 1000),
    waitMs: (numberField(query, 'wait', 0, 20) ?? 0) * 1000,
    stream: stream as LogStream | 'all',
    signal: request.signal,
  });
  return json(page);
}

/** Reads on until there is a line, the log is over, or the time to wait is. */
async function readPage(
  service: Service,
  first: Held,
  options: {
    readonly position: string | undefined;
    readonly limit: number;
    readonly waitMs: number;
    readonly stream: LogStream | 'all';
    readonly signal: AbortSignal;
  },
): Promise<LogPage> {
  const { logs: reader, clock } = service.ports;
  let held = first;
  let position = options.position;
  let leftMs = options.waitMs;
  for (;;) {
    const waitMs = Math.min(leftMs, sliceMs);
    const stretch = await reader.read(recordOf(held.execution, held.version), {
      position,
      limit: options.limit,
      waitMs: isEnd(held.execution.phase) ? 0 : waitMs,
      stream: options.stream,
      nonce: held.execution.start?.nonce,
      signal: options.signal,
    });
    position = stretch.position;
    const { execution } = held;
    const tooLate = stretch.events.length === 0 && hasWaited(execution, clock.nowMs());
    const done = isEnd(execution.phase) && (stretch.ended || tooLate);
    leftMs -= waitMs;
    if (done || stretch.events.length > 0 || leftMs <= 0 || options.signal.aborted) {
      return {
        events: stretch.events,
        cursor: encodeCursor({ position }),
        done,
        complete: done && stretch.ended && stretch.complete,
      };
    }
    if (stretch.ended || isEnd(execution.phase)) await change(service, waitMs, options.signal);
    held = await service.executions.look(execution.id);
  }
}

function hasWaited({ times }: Execution, nowMs: number): boolean {
  return times.finished_at !== undefined && nowMs - Date.parse(times.finished_at) >= logPatienceMs;
}

/** The log said its end before the record did, or the other way round: both will agree in a moment. */
async function change({ ports }: Service, timeoutMs: number, signal: AbortSignal): Promise<void> {
  if (ports.store.changed) await ports.store.changed(partitions.executions, { timeoutMs, signal });
  else await pause(timeoutMs, undefined, { signal }).catch(() => undefined);
}
