import { HfPushError } from '../errors.js';
import type { Http } from '../http/http.js';
import { retryDelayMs } from '../http/rate-limit.js';
import { SseParser } from '../http/sse.js';
import type { LogLine } from '../hub/types.js';
import { ReplayFilter } from './replay.js';

/** Silence after which a stream is taken for dead, or for drained. The official client's times. */
const FOLLOW_IDLE_MS = 120_000;
const DRAIN_IDLE_MS = 5_000;
/** A connection that held for so long was a good one, though no line came. */
const HELD_MS = 60_000;
/** Why a connection is given up that has said all there is. */
const DRAINED = Symbol('drained');

/**
 * Reads a Space's log. The Hub replays its buffer on every connection: lines that were given before are left out.
 * Following ends when the Hub ends the stream cleanly after the last line, or at the signal.
 */
export async function* readLog(
  http: Http,
  space: string,
  log: 'build' | 'run',
  { follow = false, signal }: { readonly follow?: boolean; readonly signal?: AbortSignal },
): AsyncGenerator<LogLine> {
  const replay = new ReplayFilter();
  for (let failures = 0; ;) {
    replay.connected();
    const openedMs = http.clock.now();
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    try {
      if (signal?.aborted) return;
      for await (const line of connection(http, `/api/spaces/${space}/logs/${log}`, stop, follow)) {
        if (!replay.isNew(line)) continue;
        failures = 0;
        yield line;
      }
      return;
    } catch (error) {
      if (signal?.aborted) return;
      if (http.signal?.aborted) throw error;
      if (stop.signal.reason === DRAINED) return;
      if (http.clock.now() - openedMs >= HELD_MS) failures = 0;
      failures += 1;
      if ((error instanceof HfPushError && !isPassing(error)) || failures >= 5) throw lost(error, space, log);
      await http.clock.sleep(retryDelayMs(undefined, failures, 0), http.signal);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stop.abort();
    }
  }
}

async function* connection(http: Http, path: string, stop: AbortController, follow: boolean): AsyncGenerator<LogLine> {
  let timer = setTimeout(() => stop.abort(), FOLLOW_IDLE_MS);
  const heard = (): void => {
    clearTimeout(timer);
    timer = follow
      ? setTimeout(() => stop.abort(), FOLLOW_IDLE_MS)
      : setTimeout(() => stop.abort(DRAINED), DRAIN_IDLE_MS);
  };
  try {
    const response = await http.open(path, stop.signal);
    heard();
    const parser = new SseParser();
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      heard();
      for (const { data } of parser.take(decoder.decode(chunk, { stream: true }))) {
        const line = lineOf(data);
        if (line) yield line;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** `{"data": …, "timestamp": …}`; anything else is no line. */
function lineOf(data: string): LogLine | undefined {
  try {
    const { data: line, timestamp } = JSON.parse(data) as { data?: unknown; timestamp?: unknown };
    if (typeof line !== 'string') return undefined;
    return { line: line.replace(/\r?\n$/, ''), timestamp: typeof timestamp === 'string' ? timestamp : '' };
  } catch {
    return undefined;
  }
}

function isPassing({ code }: HfPushError): boolean {
  return ['HAWSER_HF_RATE_LIMITED', 'HAWSER_HF_HUB_FAILED', 'HAWSER_HF_ENDPOINT_UNREACHABLE'].includes(code);
}

function lost(error: unknown, space: string, log: string): HfPushError {
  if (error instanceof HfPushError) return error;
  return new HfPushError('HAWSER_HF_ENDPOINT_UNREACHABLE', `The ${log} log of ${space} broke off again and again`, {
    cause: error,
  });
}
