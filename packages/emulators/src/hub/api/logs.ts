import { Readable } from 'node:stream';
import type { Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { requireCaller, type Hub } from '../state/hub.js';
import type { Log } from '../state/runtime.js';

/** Logs as server-sent events: everything so far, and what comes while the log is open. */
export function logRoutes(hub: Hub): readonly Route[] {
  return (['build', 'run'] as const).map((kind) => ({
    method: 'GET',
    path: new RegExp(`^/api/spaces/([^/]+)/([^/]+)/logs/${kind}$`, 'u'),
    answer: (call): Answer => {
      requireCaller(call);
      const log = hub.space(call, 'read').runtime.log[kind];
      return {
        status: 200,
        headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' },
        body: Readable.from(events(log, call)),
      };
    },
  }));
}

const keepAliveMs = 15_000;
/** What is sent while there is nothing to say. */
const keepAlive = 'data: \n\n';

async function* events(log: Log, { signal }: Call): AsyncGenerator<string> {
  const { lines } = log;
  for (let next = 0; !signal.aborted;) {
    const fresh = lines.slice(next);
    next += fresh.length;
    if (fresh.length > 0) yield fresh.map((line) => `data: ${JSON.stringify(line)}\n\n`).join('');
    // A new build or start begins a new log.
    if (log.isClosed || log.lines !== lines) return;
    yield keepAlive;
    if (!log.isClosed && log.lines === lines && lines.length === next) await changeOrTime(log, signal);
  }
}

async function changeOrTime(log: Log, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      unwatch();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, keepAliveMs);
    const unwatch = log.watch(done);
    signal.addEventListener('abort', done);
  });
}
