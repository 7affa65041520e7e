import { gunzip } from './pack.js';
import { segmentData } from './read.js';
import { readSideIndex } from './side-index.js';
import type { LogEvent, LogSource, SegmentHead } from './types.js';
import type { TerminalSize } from '../protocol/types.js';

/** Output and what happened beside it, in the order it happened. */
export type PlayStep =
  | { readonly type: 'out'; readonly offset: number; readonly data: Uint8Array }
  | { readonly type: 'gap'; readonly offset: number; readonly to: number; readonly lines: number }
  | LogEvent;

/** Size the terminal had at the first byte; undefined when nothing was written yet. */
export async function firstSize(source: LogSource): Promise<TerminalSize | undefined> {
  const first = await source.segment(0);
  return first && readSideIndex(await gunzip(first.index)).size;
}

/** Plays a log from one offset to another: bytes, cut where an event lies, and the events between. */
export async function* playLog(source: LogSource, from: number, to: number): AsyncGenerator<PlayStep> {
  for (const head of await source.segments()) {
    if (head.to <= from && !(head.to === from && head.from === from)) continue;
    if (head.from >= to) return;
    yield* playSegment(source, head, from, to);
  }
}

async function* playSegment(source: LogSource, head: SegmentHead, from: number, to: number): AsyncGenerator<PlayStep> {
  const segment = await source.segment(head.n);
  if (!segment) return;
  const { events } = readSideIndex(await gunzip(segment.index));
  const data = segment.head.dropped ? undefined : await segmentData(source, segment.head);
  const start = Math.max(from, head.from);
  const end = Math.min(to, segment.head.to);
  if (!data) {
    yield { type: 'gap', offset: head.from, to: head.to, lines: head.lines };
    for (const event of events) if (event.type === 'size' && event.offset >= start) yield event;
    return;
  }
  let at = start;
  for (const event of events) {
    if (event.offset < start || event.offset > end) continue;
    if (event.offset > at) {
      yield { type: 'out', offset: at, data: data.subarray(at - head.from, event.offset - head.from) };
      at = event.offset;
    }
    yield event;
  }
  if (end > at) yield { type: 'out', offset: at, data: data.subarray(at - head.from, end - head.from) };
}
