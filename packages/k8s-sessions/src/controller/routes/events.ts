import type { SessionEvent } from '../../protocol/types.js';
import type { SessionRow } from '../../store/types.js';
import type { Service } from '../service.js';
import { json, numberIn, sessionOf } from './context.js';
import type { KeyContext } from './context.js';

const pageOfEvents = 200;
/** Below the 30 s after which the strictest proxy in use gives a silent answer up. */
const keepAliveMs = 15_000;

/** `GET /api/sessions/{id}/events`: what happened, as JSON; as a stream (SSE) to whoever accepts one. */
export async function sessionEvents(context: KeyContext): Promise<Response> {
  const { service, request, url } = context;
  const row = await sessionOf(context);
  const last = request.headers.get('last-event-id');
  const most = Number.MAX_SAFE_INTEGER;
  const after = /^\d{1,15}$/.test(last ?? '') ? Number(last) : numberIn(url, 'after', { least: 0, most, default: 0 });
  const first = await service.store.events(row.id, after, pageOfEvents);
  if (!(request.headers.get('accept') ?? '').includes('text/event-stream')) {
    return json({ events: first, next: first.length === pageOfEvents ? (first.at(-1)?.id ?? null) : null });
  }
  // 204 is how a server tells an EventSource not to come back.
  if (first.length === 0 && isClosed(row)) return new Response(null, { status: 204 });
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const lines = follow(service, row.id, after, signal);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(Buffer.from(value));
    },
    async cancel() {
      stop.abort();
      await lines.return(undefined);
    },
  });
  return new Response(body, { headers });
}

function isClosed({ state }: SessionRow): boolean {
  return state === 'archived' || state === 'expired';
}

async function* follow(
  service: Service,
  session: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  let seen = after;
  yield 'retry: 1000\n\n';
  while (!signal.aborted) {
    const waiting = new AbortController();
    // Waiting begins before looking: what happens in between ends the wait.
    const changed = service.store.changed(session, {
      timeoutMs: keepAliveMs,
      signal: AbortSignal.any([signal, waiting.signal]),
    });
    const row = await service.store.session(session);
    const events = await service.store.events(session, seen, pageOfEvents);
    for (const event of events) yield lineOf(event);
    seen = events.at(-1)?.id ?? seen;
    if (events.length > 0) {
      waiting.abort();
      continue;
    }
    if (!row || isClosed(row)) {
      waiting.abort();
      return undefined;
    }
    await changed;
    yield ': \n\n';
  }
  return undefined;
}

function lineOf(event: SessionEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}
