import { logLines } from './lines.js';
import { createMatcher } from './matcher.js';
import { paintLine } from './paint.js';
import { readLog, segmentData } from './read.js';
import { plainSgr } from './sgr.js';
import type { LogSource } from './types.js';

/** Matches one call gives at most. */
export const maxMatches: number = 500;

/** What is looked for. */
export interface SearchOptions {
  /** Text to look for, not a pattern. */
  readonly text: string;
  /** Default false: A is a. */
  readonly matchCase?: boolean;
  /** Line to begin with. Default 0. */
  readonly fromLine?: number;
  /** Default and at most 500. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A line that holds what was looked for. */
export interface SearchMatch {
  readonly line: number;
  readonly offset: number;
  /** Character the first match in the line begins with, from 0. */
  readonly column: number;
  readonly text: string;
}

/** Looks through the lines of a log as a person sees them: without colours, with what was overwritten gone. */
export async function searchLog(
  source: LogSource,
  { text, matchCase = false, fromLine = 0, limit = maxMatches, signal }: SearchOptions,
): Promise<{ readonly matches: readonly SearchMatch[]; readonly more: boolean }> {
  const wanted = matchCase ? text : text.toLowerCase();
  const matches: SearchMatch[] = [];
  if (wanted === '') return { matches, more: false };
  for await (const line of logLines(source, fromLine)) {
    if (signal?.aborted) break;
    const column = (matchCase ? line.text : line.text.toLowerCase()).indexOf(wanted);
    if (column < 0 || line.gap) continue;
    if (matches.length >= Math.min(limit, maxMatches)) return { matches, more: true };
    matches.push({ line: line.line, offset: line.offset, column, text: line.text.slice(0, 2_000) });
  }
  return { matches, more: false };
}

/** What is waited for. */
export interface WaitOptions {
  /** A regular expression in JavaScript's syntax, held against each line as it stands. */
  readonly pattern: string;
  /** Offset to look from. Default 0: what was written already counts. */
  readonly from?: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** What became of waiting for a pattern. */
export type WaitResult =
  | { readonly found: true; readonly offset: number; readonly line: number; readonly text: string }
  /** `closed`: nothing more will be written. */
  | { readonly found: false; readonly head: number; readonly closed: boolean };

/** The newest bytes of an unfinished line that are kept to be matched. */
const maxPartial = 65_536;

/**
 * Waits until a line of output matches, also one that is not finished, such as a prompt.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when the pattern is none or takes too long.
 */
export async function waitForPattern(source: LogSource, options: WaitOptions): Promise<WaitResult> {
  const match = createMatcher(options.pattern);
  const from = Math.max(0, options.from ?? 0);
  let line = await lineAt(source, from);
  let start = from;
  let partial = Buffer.alloc(0);
  for await (const chunk of readLog(source, { from, follow: true, signal: options.signal })) {
    if (chunk.offset !== start + partial.length) {
      // Behind the gap, or behind what was too long to be kept.
      line = await lineAt(source, chunk.offset);
      start = chunk.offset;
      partial = Buffer.alloc(0);
    }
    const data = Buffer.concat([partial, chunk.data]);
    const lines: { readonly at: number; readonly text: string }[] = [];
    let at = 0;
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, at)) {
      lines.push({ at, text: visible(data.subarray(at, end)) });
      at = end + 1;
    }
    const whole = lines.length;
    if (at < data.length) lines.push({ at, text: visible(data.subarray(at)) });
    const index = match(lines.map(({ text }) => text));
    const hit = lines[index];
    if (hit) return { found: true, offset: start + hit.at, line: line + index, text: hit.text };
    line += whole;
    start += at;
    partial = data.subarray(at).length > maxPartial ? Buffer.alloc(0) : data.subarray(at);
  }
  const { head, closed } = await source.info();
  return { found: false, head, closed };
}

function visible(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  return paintLine(text.endsWith('\r') ? text.slice(0, -1) : text, plainSgr).text;
}

/** Number of the line that an offset lies in. */
async function lineAt(source: LogSource, offset: number): Promise<number> {
  if (offset === 0) return 0;
  const head = (await source.segments()).findLast((one) => one.from <= offset);
  const data = head && !head.dropped ? await segmentData(source, head) : undefined;
  if (!head || !data) return head?.firstLine ?? 0;
  let line = head.firstLine;
  const end = offset - head.from;
  for (let at = data.indexOf(0x0a); at >= 0 && at < end; at = data.indexOf(0x0a, at + 1)) line++;
  return line;
}
