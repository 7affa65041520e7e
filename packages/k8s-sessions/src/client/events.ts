import type { SessionEvent } from '../protocol/index.js';
import { pause } from './pause.js';
import type { CallOptions, Transport } from './transport.js';

/** Which events of a session. */
export interface EventsOptions extends CallOptions {
  /** Those behind this id; all when missing. */
  readonly after?: number;
}

/** How long a stream that brought nothing is left alone, in milliseconds. */
const emptyPauseMs = 1000;

/**
 * What happened to a session, then what happens: every event once, over cut connections, until the service says that no
 * more will come or the signal ends it.
 */
export async function* readEvents(
  transport: Transport,
  session: string,
  options: EventsOptions = {},
): AsyncIterable<SessionEvent> {
  let last = options.after ?? 0;
  for (;;) {
    const response = await transport.ask({
      path: `/api/sessions/${encodeURIComponent(session)}/events`,
      headers: { accept: 'text/event-stream', ...(last > 0 && { 'last-event-id': String(last) }) },
      signal: options.signal,
    });
    // 204 is how a stream of events says that it is over (WHATWG HTML, server-sent events, §9.2.3).
    if (response.status === 204 || !response.body) return;
    const before = last;
    try {
      for await (const data of readStream(response.body)) {
        const event = JSON.parse(data) as SessionEvent;
        if (event.id <= last) continue;
        last = event.id;
        yield event;
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      // A stream that broke off is asked for again, from behind what came; what the caller threw is not ours.
      if (!(error instanceof TypeError)) throw error;
    }
    // Something in between that cuts every stream at once is not asked without end.
    if (last === before) await pause(emptyPauseMs, options.signal);
  }
}

/** The data of every event of a stream. */
async function* readStream(body: ReadableStream<Uint8Array>): AsyncIterable<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.replaceAll('\r\n', '\n').split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block
        .split('\n')
        .flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length).replace(/^ /u, '')] : []));
      if (data.length > 0) yield data.join('\n');
    }
  }
}
