import { SessionsError } from '../errors.js';
import type { TerminalSize } from '../protocol/types.js';
import { sgrParameters, type Sgr } from './sgr.js';
import type { LogEvent } from './types.js';

/** Lines between two entries of the line index. */
export const indexEveryLines: number = 1_000;

/** A line whose place and colours are known. */
export interface LineEntry {
  /** 0-based number in the whole log. */
  readonly line: number;
  /** Where its first byte lies. */
  readonly offset: number;
  /** SGR parameters in force there, as in `0;1;31`. */
  readonly sgr: string;
}

/** What is kept beside the bytes of a segment. */
export interface SideIndex {
  /** Size of the terminal at the segment's first byte. */
  readonly size: TerminalSize;
  /** SGR parameters in force at the segment's first byte. */
  readonly sgr: string;
  /** Every 1,000th line that begins within. */
  readonly lines: readonly LineEntry[];
  readonly events: readonly LogEvent[];
}

/** What goes into a side index while its segment is open. */
export class SideIndexBuilder {
  readonly #size: TerminalSize;
  readonly #sgr: string;
  readonly #lines: LineEntry[] = [];
  readonly #events: LogEvent[] = [];

  constructor(size: TerminalSize, sgr: Sgr) {
    this.#size = size;
    this.#sgr = sgrParameters(sgr);
  }

  line(line: number, offset: number, sgr: Sgr): void {
    this.#lines.push({ line, offset, sgr: sgrParameters(sgr) });
  }

  event(event: LogEvent): void {
    this.#events.push(event);
  }

  /** Entries so far; a segment with very many is closed early. */
  get entries(): number {
    return this.#events.length;
  }

  /** The form that is hashed and, in gzip, stored. */
  bytes(): Uint8Array {
    const events = this.#events.map((event) => {
      if (event.type === 'size') return ['r', event.offset, event.atMs, event.size.cols, event.size.rows];
      if (event.type === 'mark') return ['m', event.offset, event.atMs, event.label];
      return ['t', event.offset, event.atMs];
    });
    const { cols, rows } = this.#size;
    const lines = this.#lines.map((entry) => [entry.line, entry.offset, entry.sgr]);
    return Buffer.from(JSON.stringify({ v: 1, size: [cols, rows], sgr: this.#sgr, lines, events }));
  }
}

/** @throws SessionsError HAWSER_SESSIONS_LOG_DAMAGED when it is not what {@link SideIndexBuilder} writes. */
export function readSideIndex(bytes: Uint8Array): SideIndex {
  try {
    const { v, size, sgr, lines, events } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Written;
    if (v !== 1) throw new TypeError(`version ${String(v)}`);
    return {
      size: { cols: size[0], rows: size[1] },
      sgr,
      lines: lines.map(([line, offset, colours]) => ({ line, offset, sgr: colours })),
      events: events.map(readEvent),
    };
  } catch (cause) {
    throw new SessionsError('HAWSER_SESSIONS_LOG_DAMAGED', 'The side index of a segment cannot be read.', { cause });
  }
}

type WrittenEvent =
  | readonly ['t', number, number]
  | readonly ['r', number, number, number, number]
  | readonly ['m', number, number, string];

interface Written {
  readonly v: unknown;
  readonly size: readonly [number, number];
  readonly sgr: string;
  readonly lines: readonly (readonly [number, number, string])[];
  readonly events: readonly WrittenEvent[];
}

function readEvent(event: WrittenEvent): LogEvent {
  const [kind, offset, atMs] = event;
  if (kind === 't') return { type: 'time', offset, atMs };
  if (kind === 'r') return { type: 'size', offset, atMs, size: { cols: event[3], rows: event[4] } };
  if (kind === 'm') return { type: 'mark', offset, atMs, label: event[3] };
  throw new TypeError('unknown event');
}
