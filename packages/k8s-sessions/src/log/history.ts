import { logLines } from './lines.js';
import type { LogSource } from './types.js';

/** Lines one call gives at most. */
export const maxHistoryLines: number = 1_000;

/** Lines of the log with their colours. */
export interface HistoryLines {
  /** Number of the first line given, from 0. */
  readonly firstLine: number;
  /** Oldest first, each with SGR sequences, from none to none, without its line end. */
  readonly lines: readonly string[];
  /** Line ends in the log so far. */
  readonly total: number;
}

/**
 * Lines `from` up to, without, `to`, at most 1,000, as they stood when the line was left. Of lines that were dropped for the
 * cap the first says so and the others are empty, so that numbers stay what they are.
 */
export async function historyLines(source: LogSource, from: number, to: number): Promise<HistoryLines> {
  const { lines: total } = await source.info();
  const first = Math.max(0, Math.trunc(from));
  const end = Math.min(first + maxHistoryLines, Math.trunc(to));
  const lines: string[] = [];
  if (end > first) {
    for await (const { line, styled, gap } of logLines(source, first)) {
      if (line >= end) break;
      while (first + lines.length < line) lines.push('');
      if (gap && line < first) lines.push(styled);
      else lines[line - first] = styled;
    }
  }
  return { firstLine: first, lines: lines.slice(0, Math.max(0, end - first)), total };
}
