import { gunzip } from './pack.js';
import { paintLine, type PaintedLine } from './paint.js';
import { segmentData } from './read.js';
import { applySgr, plainSgr, type Sgr } from './sgr.js';
import { readSideIndex } from './side-index.js';
import type { LogSource, SegmentHead } from './types.js';

/** A line of the log, and where it begins. */
export interface LogLine extends PaintedLine {
  /** 0-based. */
  readonly line: number;
  /** Offset of its first byte. */
  readonly offset: number;
  /** True for the one line that stands for what was dropped. */
  readonly gap?: true;
}

/** Bytes of a line that are looked at; what is longer is cut here. */
const maxLineBytes = 1_048_576;

/**
 * Lines from one number on, painted, oldest first. The last may still grow. A segment at most is held in memory, and what
 * lies before the nearest entry of the line index is not looked at.
 */
export async function* logLines(source: LogSource, from: number): AsyncGenerator<LogLine> {
  const heads = await source.segments();
  const gap = gapOf(heads);
  const first = heads.findLastIndex((head) => head.firstLine < from || head.n === 0 || head.from === gap?.from);
  let sgr: Sgr = plainSgr;
  let line = 0;
  let start = 0;
  let held: Uint8Array[] = [];
  let holding = 0;
  let begun = false;
  for (const head of heads.slice(Math.max(0, first))) {
    if (head.dropped) {
      if (head.from === gap?.from && gap.line + gap.lines > from) yield gapLine(gap);
      held = [];
      holding = 0;
      begun = false;
      continue;
    }
    const data = await segmentData(source, head);
    if (!data) continue;
    let at = 0;
    if (!begun) {
      const place = await placeIn(source, head, from);
      begun = true;
      line = place.line;
      sgr = place.sgr;
      at = place.offset - head.from;
      start = place.offset;
    }
    for (let end = data.indexOf(0x0a, at); end >= 0; end = data.indexOf(0x0a, at)) {
      const piece = data.subarray(at, end);
      const painted = paintLine(textOf([...held, piece]), sgr);
      sgr = painted.after;
      if (line >= from) yield { ...painted, line, offset: start };
      held = [];
      holding = 0;
      line++;
      at = end + 1;
      start = head.from + at;
    }
    if (at < data.length && holding < maxLineBytes) held.push(data.subarray(at));
    holding += data.length - at;
  }
  if (begun && line >= from && holding > 0) yield { ...paintLine(textOf(held), sgr), line, offset: start };
}

/** The nearest place at or before a line, with the colours in force there. */
async function placeIn(
  source: LogSource,
  head: SegmentHead,
  line: number,
): Promise<{ readonly line: number; readonly offset: number; readonly sgr: Sgr }> {
  const segment = await source.segment(head.n);
  const side = segment && readSideIndex(await gunzip(segment.index));
  const entry = side?.lines.findLast((one) => one.line <= line);
  if (entry) return { line: entry.line, offset: entry.offset, sgr: applySgr(plainSgr, entry.sgr) };
  return { line: head.firstLine, offset: head.from, sgr: side ? applySgr(plainSgr, side.sgr) : plainSgr };
}

interface Gap {
  readonly line: number;
  readonly lines: number;
  readonly from: number;
  readonly bytes: number;
}

function gapOf(heads: readonly SegmentHead[]): Gap | undefined {
  const gone = heads.filter((one) => one.dropped);
  const first = gone[0];
  return (
    first && {
      line: first.firstLine,
      lines: gone.reduce((sum, one) => sum + one.lines, 0),
      from: first.from,
      bytes: gone.reduce((sum, one) => sum + one.to - one.from, 0),
    }
  );
}

function gapLine({ line, lines, from, bytes }: Gap): LogLine {
  const text = gapText(lines, bytes);
  return { line, offset: from, text, styled: text, after: plainSgr, gap: true };
}

/** What is shown where the middle of a log was dropped. */
export function gapText(lines: number, bytes: number): string {
  return `[… ${lines} lines (${bytes} bytes) were dropped here to stay within the limit of this log …]`;
}

function textOf(pieces: readonly Uint8Array[]): string {
  const text = Buffer.concat(pieces).subarray(0, maxLineBytes).toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
