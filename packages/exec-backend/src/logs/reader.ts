import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isEnd, type LogEvent, type LogStream } from '@hawser/exec-client/contract';
import { ExecBackendError } from '../errors.js';
import type { LogReader, LogStretch } from '../ports.js';
import { errnoOf, storeFailed } from '../stores/file-errors.js';
import { watchFolder } from '../stores/watch-folder.js';
import { endMarkOf } from './end-mark.js';
import { ENTRY_BYTES, streamFiles, type EndMark, type StreamFiles } from './places.js';

/** A longer line comes in pieces of this many bytes; a character is never cut. */
const PIECE_BYTES = 64 << 10;

/** What one answer carries at most, whatever the number of lines asked for. */
const PAGE_BYTES = 1 << 20;

/** Where a reader stands: in which stream, at which byte and line, and which entry of the index covers it. */
interface Position {
  stream: LogStream;
  offset: number;
  seq: number;
  entry: number;
}

/**
 * Reads logs that a {@link LogWriter} writes, also while it does, in another process. A page costs what the page is, from
 * wherever it begins.
 */
export function createLogReader(options: {
  /** Holds a folder for each execution. */
  readonly folder: string;
}): LogReader {
  const folderOf = (executionId: string): string => join(options.folder, executionId);

  return {
    async read(record, { position, limit, waitMs, stream = 'all', signal }) {
      const folder = folderOf(record.execution_id);
      const at = position === undefined ? beginning(stream) : parsePosition(position);
      // Never started, so nobody will ever write.
      const isVain = isEnd(record.phase) && record.task === undefined;
      const untilMs = performance.now() + waitMs;
      try {
        if (waitMs > 0 && !isVain) mkdirSync(folder, { recursive: true, mode: 0o700 });
        const watch = waitMs > 0 && !isVain ? watchFolder(folder, () => true) : undefined;
        try {
          for (;;) {
            const stretch = readOn(folder, at, limit, stream, isVain);
            const leftMs = untilMs - performance.now();
            if (stretch.events.length > 0 || stretch.ended || leftMs <= 0 || signal?.aborted) return stretch;
            await watch?.next(leftMs, signal);
          }
        } finally {
          watch?.close();
        }
      } catch (error) {
        throw storeFailed(error, `read the log of ${record.execution_id}`, options.folder);
      }
    },

    measure(record) {
      const folder = folderOf(record.execution_id);
      const mark = endMarkOf(streamFiles(folder, 'runner'));
      if (mark !== undefined) return Promise.resolve(mark);
      const isVain = endMarkOf(streamFiles(folder, 'init')) !== undefined && !hasBegun(folder);
      return Promise.resolve(isVain ? emptyMark : undefined);
    },
  };
}

/** SHA-256 of nothing (FIPS 180-4). */
const emptyMark: EndMark = {
  lines: 0,
  bytes: 0,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  complete: true,
};

function beginning(stream: LogStream | 'all'): Position {
  return { stream: stream === 'runner' ? 'runner' : 'init', offset: 0, seq: 0, entry: 0 };
}

function parsePosition(text: string): Position {
  const match = /^(init|runner)\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text);
  if (!match) throw new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', 'The cursor is none of a local log.');
  return {
    stream: match[1] as LogStream,
    offset: Number(match[2]),
    seq: Number(match[3]),
    entry: Number(match[4]),
  };
}

function readOn(folder: string, at: Position, limit: number, wanted: LogStream | 'all', isVain: boolean): LogStretch {
  const events: LogEvent[] = [];
  let budget = PAGE_BYTES;
  for (;;) {
    const files = streamFiles(folder, at.stream);
    // The mark first, because nothing is written behind it. And the runner's log is begun before the other is ended.
    const mark = endMarkOf(files);
    const begun = hasBegun(folder);
    budget = readStream(files, at, { events, limit, budget, isOver: mark !== undefined });
    const isRead = mark === undefined ? isVain : at.offset >= mark.bytes;
    if (at.stream === 'init' && wanted === 'all' && begun && isRead) {
      Object.assign(at, { stream: 'runner', offset: 0, entry: 0 });
      continue;
    }
    const position = `${at.stream}.${at.offset}.${at.seq}.${at.entry}`;
    const end = isRead && (at.stream === wanted || at.stream === 'runner') ? (mark ?? emptyMark) : neverBegan(isRead);
    if (end === undefined) return { events, position, ended: false, complete: false };
    return { events, position, ended: true, complete: end.complete, mark: end };

    function neverBegan(isInitRead: boolean): EndMark | undefined {
      if (begun) return undefined;
      const isOver = at.stream === 'init' ? isInitRead : isVain || endMarkOf(streamFiles(folder, 'init')) !== undefined;
      return isOver ? emptyMark : undefined;
    }
  }
}

function hasBegun(folder: string): boolean {
  return existsSync(streamFiles(folder, 'runner').bytes);
}

/** Adds lines to `events` and moves `at` behind them. What is left of the budget. */
function readStream(
  files: StreamFiles,
  at: Position,
  { events, limit, budget, isOver }: { events: LogEvent[]; limit: number; budget: number; isOver: boolean },
): number {
  const file = openIfThere(files.bytes);
  if (file === undefined) return budget;
  const times = openTimes(files.index, at.entry);
  try {
    const { size } = fstatSync(file);
    let left = budget;
    let buffer: Buffer = Buffer.alloc(0);
    let start = at.offset;
    while (events.length < limit && left > 0) {
      let used = at.offset - start;
      if (buffer.length - used <= PIECE_BYTES && start + buffer.length < size) {
        buffer = readAt(file, at.offset, Math.min(4 * PIECE_BYTES, size - at.offset));
        start = at.offset;
        used = 0;
      }
      const rest = buffer.subarray(used);
      const line = nextLine(rest, isOver && start + buffer.length >= size);
      if (line === undefined) break;
      events.push(eventOf(line, { seq: at.seq, ts: times.at(at.offset), stream: at.stream }));
      at.offset += line.length;
      at.seq += 1;
      left -= line.length;
    }
    at.entry = times.entry;
    return left;
  } finally {
    closeSync(file);
    times.close();
  }
}

/** A line as it lies in the file, its newline included where it has one. */
interface Line {
  readonly bytes: Buffer;
  readonly length: number;
  readonly partial: boolean;
}

function eventOf({ bytes, partial }: Line, place: Pick<LogEvent, 'seq' | 'ts' | 'stream'>): LogEvent {
  const event = { ...place, message: bytes.toString() };
  if (!partial && isUtf8(bytes)) return event;
  return {
    ...event,
    ...(partial && { partial }),
    ...(!isUtf8(bytes) && { bytes: bytes.toString('base64') }),
  };
}

/** The next line of `rest`, or piece of one; `undefined` when it is not all there yet. */
function nextLine(rest: Buffer, isOver: boolean): Line | undefined {
  const newline = rest.subarray(0, PIECE_BYTES + 1).indexOf(0x0a);
  if (newline >= 0) return { bytes: rest.subarray(0, newline), length: newline + 1, partial: false };
  if (rest.length > PIECE_BYTES) {
    const length = wholeCharacters(rest, PIECE_BYTES);
    return { bytes: rest.subarray(0, length), length, partial: true };
  }
  if (!isOver || rest.length === 0) return undefined;
  return { bytes: rest, length: rest.length, partial: true };
}

/** Not more than `most` bytes, and not the beginning of a character (UTF-8, RFC 3629 §3: continuations are 10xxxxxx). */
function wholeCharacters(bytes: Buffer, most: number): number {
  let cut = most;
  while (cut > most - 3 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return ((bytes[cut] ?? 0) & 0xc0) === 0x80 ? most : cut;
}

/** When bytes came, asked for in ascending order. */
function openTimes(path: string, from: number): { at(offset: number): number; readonly entry: number; close(): void } {
  const file = openIfThere(path);
  let entry = from;
  let first = from;
  let entries: Buffer = Buffer.alloc(0);
  let last = 0;
  return {
    at(offset) {
      for (;;) {
        let place = (entry - first) * ENTRY_BYTES;
        if (place + ENTRY_BYTES > entries.length && file !== undefined) {
          entries = readAt(file, entry * ENTRY_BYTES, 256 * ENTRY_BYTES);
          first = entry;
          place = 0;
        }
        // Bytes are written before their time is: until it is there, the time of those before is as good.
        if (place + ENTRY_BYTES > entries.length) return last === 0 ? Date.now() : last;
        last = entries.readDoubleLE(place);
        if (entries.readDoubleLE(place + 8) > offset) return last;
        entry += 1;
      }
    },
    get entry() {
      return entry;
    },
    close() {
      if (file !== undefined) closeSync(file);
    },
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function readAt(file: number, offset: number, most: number): Buffer {
  const buffer = Buffer.allocUnsafe(most);
  return buffer.subarray(0, readSync(file, buffer, 0, most, offset));
}
