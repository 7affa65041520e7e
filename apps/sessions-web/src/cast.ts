/** One event of a recording. `atMs` counts from its start. */
export type CastEvent =
  | { readonly atMs: number; readonly type: 'output'; readonly text: string }
  | { readonly atMs: number; readonly type: 'resize'; readonly cols: number; readonly rows: number };

/** What the first line of a recording tells. */
export interface CastHeader {
  readonly cols: number;
  readonly rows: number;
}

/** Reads a recording that comes in pieces. */
export interface CastReader {
  /** Takes the next piece of text, cut anywhere. */
  push(text: string): void;
  readonly header: CastHeader | null;
  readonly events: readonly CastEvent[];
  /** Time of the last event. */
  readonly lengthMs: number;
}

/**
 * Opens a reader of an asciicast in version 3: a line with the header, then a line with `[seconds since the one
 * before, code, data]` for each event. Codes other than `o` and `r` only let time pass; a line that is no JSON,
 * as the last of a recording that was cut off, is passed over.
 *
 * @see the asciicast v3 format, asciinema's documentation
 */
export function createCastReader(): CastReader {
  const events: CastEvent[] = [];
  let header: CastHeader | null = null;
  let rest = '';
  let atMs = 0;
  const line = (text: string): void => {
    if (text === '' || text.startsWith('#')) return;
    const value = parsed(text);
    if (Array.isArray(value)) {
      const [seconds, code, data] = value as unknown[];
      if (typeof seconds !== 'number' || typeof data !== 'string') return;
      atMs += seconds * 1000;
      if (code === 'o') events.push({ atMs, type: 'output', text: data });
      const size = code === 'r' ? /^(\d+)x(\d+)$/.exec(data) : null;
      if (size) events.push({ atMs, type: 'resize', cols: Number(size[1]), rows: Number(size[2]) });
    } else if (header === null && typeof value === 'object' && value !== null) header = headerOf(value);
  };
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) line(each);
    },
    get header() {
      return header;
    },
    events,
    get lengthMs() {
      return atMs;
    },
  };
}

function headerOf(value: object): CastHeader {
  const { term } = value as { term?: { cols?: number; rows?: number } };
  return { cols: term?.cols ?? 80, rows: term?.rows ?? 24 };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Index of the first event after a moment: so many events have happened by then. */
export function eventsBy(events: readonly CastEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as CastEvent).atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
