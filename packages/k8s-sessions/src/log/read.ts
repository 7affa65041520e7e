import { sha256 } from './chain.js';
import { SessionsError } from '../errors.js';
import { gunzip } from './pack.js';
import type { LogSource, SegmentHead } from './types.js';

/** Bytes of the log, and where they begin. A jump between one and the next is the gap. */
export interface LogChunk {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Which stretch of a log is read, and whether what is added is waited for. */
export interface ReadLogOptions {
  /** First offset wanted. Default 0. */
  readonly from?: number;
  /** Offset to end before. Default: all there is, or for ever with `follow`. */
  readonly to?: number;
  /** Goes on with what is written later, until the log is closed. */
  readonly follow?: boolean;
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a log in order, a segment at most at a time. What was dropped for the cap is left out: look at the offsets.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOG_DAMAGED when a segment is not what its head says.
 */
export async function* readLog(source: LogSource, options: ReadLogOptions = {}): AsyncGenerator<LogChunk> {
  const { to = Number.MAX_SAFE_INTEGER, follow = false } = options;
  const signal = options.signal ?? new AbortController().signal;
  let at = options.from ?? 0;
  while (at < to && !signal.aborted) {
    const { head, closed } = await source.info();
    for await (const chunk of upTo(source, at, Math.min(head, to))) {
      if (signal.aborted) return;
      yield chunk;
      at = chunk.offset + chunk.data.length;
    }
    if (at < head && at < to) at = Math.min(head, to);
    else if (at >= to || closed || !follow) return;
    else await source.grown(at, { signal });
  }
}

/** What there is between two offsets now. */
async function* upTo(source: LogSource, from: number, to: number): AsyncGenerator<LogChunk> {
  if (from >= to) return;
  for (const head of await source.segments()) {
    if (head.to <= from || head.dropped) continue;
    if (head.from >= to) return;
    const data = await segmentData(source, head);
    if (data === undefined) continue;
    const start = Math.max(0, from - head.from);
    const piece = data.subarray(start, Math.max(start, to - head.from));
    if (piece.length > 0) yield { offset: head.from + start, data: piece };
  }
}

/** The output of one segment; undefined when it was dropped meanwhile. */
export async function segmentData(source: LogSource, head: SegmentHead): Promise<Uint8Array | undefined> {
  if (head.chain === '' && source.open) {
    const open = await source.open();
    // It may have been closed since, and then comes as any other.
    if (open.from === head.from) return open.data;
  }
  const segment = await source.segment(head.n);
  if (!segment || segment.head.dropped) return undefined;
  const data = await gunzip(segment.body);
  if (segment.head.chain !== '' && sha256(data) !== segment.head.sha256) {
    throw new SessionsError('HAWSER_SESSIONS_LOG_DAMAGED', `Segment ${head.n} of the log is not what was written.`, {
      details: { segment: head.n },
    });
  }
  return data;
}
