import { isEnd } from '@hawser/exec-client/contract';
import type { LogEvent, LogPage, LogStream } from '@hawser/exec-client/contract';
import { setTimeout as pause } from 'node:timers/promises';
import { recordOf } from '../../core/execution.js';
import type { Execution } from '../../core/execution.js';
import { logIsOverdue, ranNothing } from '../../core/finish.js';
import { partitions } from '../../core/records.js';
import type { Held } from '../../core/records.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { invalid, json, numberField, textField } from '../http.js';
import type { Call, Endpoints, Service } from '../route.js';
import { idOf } from './executions.js';

/** Reading what a command wrote. */
export const logEndpoints: Endpoints<'logs'> = { logs };

/** How long one read waits before the record is looked at again. */
const sliceMs = 1000;

async function logs(call: Call): Promise<Response> {
  const { service, request } = call;
  const query = Object.fromEntries(call.query);
  const stream = query['stream'] ?? 'all';
  if (!['all', 'runner', 'init'].includes(stream)) throw invalid('stream', 'must be all, runner or init');
  const page = await readPage(service, await service.executions.look(idOf(call)), {
    position: textField(decodeCursor(query['cursor']) ?? {}, 'position', 4096),
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
  const mask = await service.masks.of(first.execution);
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
    const over = stretch.ended || (stretch.events.length === 0 && nothingComes(execution, clock.nowMs()));
    const done = isEnd(execution.phase) && over;
    leftMs -= waitMs;
    // Whoever read to the end looks next at what the record says of the log.
    if (done && !execution.settled) await service.lifecycle.advance(execution.id);
    if (done || stretch.events.length > 0 || leftMs <= 0 || options.signal.aborted) {
      return {
        events: stretch.events.map((event) => masked(event, mask)),
        cursor: encodeCursor({ position }),
        done,
        complete: done && (stretch.ended ? stretch.complete : ranNothing(execution)),
      };
    }
    if (stretch.ended || isEnd(execution.phase)) await change(service, waitMs, options.signal);
    held = await service.executions.look(execution.id);
  }
}

/** Without its payload a task writes nothing, and a log may be late only for so long. */
function nothingComes(execution: Execution, nowMs: number): boolean {
  return execution.start?.claimedAtMs === undefined || logIsOverdue(execution, nowMs);
}

/** The log said its end before the record did, or the other way round: both will agree in a moment. */
async function change({ ports }: Service, timeoutMs: number, signal: AbortSignal): Promise<void> {
  if (ports.store.changed) await ports.store.changed(partitions.executions, { timeoutMs, signal });
  else await pause(timeoutMs, undefined, { signal }).catch(() => undefined);
}

/** A line without secrets. One that has some is not given as bytes, too. */
function masked({ bytes, ...event }: LogEvent, mask: (line: string) => string): LogEvent {
  const message = mask(event.message);
  return { ...event, message, ...(bytes !== undefined && message === event.message && { bytes }) };
}
