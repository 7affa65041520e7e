import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionsError } from '../errors.js';
import type { TerminalSize } from '../protocol/types.js';
import { writeAt } from './disk.js';
import { packKeyframe, packSegment, segmentHead, unpackKeyframe, unpackSegment } from './pack.js';
import type { Keyframe, LogEvent, Segment, SegmentHead } from './types.js';

/** What a folder says of the open segment. */
export interface OpenPart {
  readonly n: number;
  readonly data: Uint8Array;
  /** Undefined when not even its first line was written. */
  readonly start: { readonly startedAtMs: number; readonly size: TerminalSize } | undefined;
  readonly events: readonly LogEvent[];
}

interface Facts {
  readonly format: 1;
  readonly epoch: string;
  readonly size: TerminalSize;
}

/**
 * Files of a log: `log.json` (facts), `seg-N` (closed segments, packed), `key-OFFSET` (keyframes, packed), and of the open
 * segment `open-N` (its bytes as they are) and `open-N.events` (one JSON text in a line). Closed ones appear by renaming,
 * so that each is whole; the open one may end anywhere.
 */
export class LogFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes the folder, or reads what an earlier writer left in it. */
  async begin(facts: Omit<Facts, 'format'>): Promise<{
    readonly size: TerminalSize;
    readonly heads: readonly SegmentHead[];
    readonly keyframes: readonly number[];
    readonly open: OpenPart | undefined;
  }> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#path);
    if (!names.includes('log.json')) {
      await this.#put('log.json', Buffer.from(JSON.stringify({ format: 1, ...facts })));
      return { size: facts.size, heads: [], keyframes: [], open: undefined };
    }
    const there = await this.#facts();
    if (there.format !== 1 || there.epoch !== facts.epoch) {
      throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${this.#path} holds the log of another runner.`, {
        hint: 'Name an empty folder.',
      });
    }
    const heads: SegmentHead[] = [];
    for (const n of numbers(names, /^seg-(\d+)$/u)) heads.push(await this.#head(n));
    const opens = numbers(names, /^open-(\d+)$/u);
    // Closed since, and not cleared away any more.
    for (const n of opens) if (n < heads.length) await this.dropOpen(n);
    const last = opens.find((n) => n === heads.length);
    return {
      size: there.size,
      heads,
      keyframes: numbers(names, /^key-(\d+)$/u),
      open: last === undefined ? undefined : await this.#openPart(last),
    };
  }

  async #facts(): Promise<Facts> {
    const text = await readFile(this.#file('log.json'), 'utf8');
    try {
      return JSON.parse(text) as Facts;
    } catch (cause) {
      throw damagedFile(this.#file('log.json'), cause);
    }
  }

  async putSegment(segment: Segment): Promise<void> {
    await this.#put(`seg-${segment.head.n}`, packSegment(segment));
  }

  async segment(n: number): Promise<Segment> {
    return unpackSegment(await readFile(this.#file(`seg-${n}`)));
  }

  async putKeyframe(keyframe: Keyframe): Promise<void> {
    await this.#put(`key-${keyframe.offset}`, await packKeyframe(keyframe));
  }

  async keyframe(offset: number): Promise<Keyframe> {
    return unpackKeyframe(await readFile(this.#file(`key-${offset}`)));
  }

  async dropKeyframe(offset: number): Promise<void> {
    await rm(this.#file(`key-${offset}`), { force: true });
  }

  /** Brings the files of the open segment up to date from `flushed` on. */
  async flushOpen(
    n: number,
    part: { readonly data: Uint8Array; readonly dataAt: number; readonly lines: string; readonly linesAt: number },
  ): Promise<void> {
    await this.#append(`open-${n}`, part.data, part.dataAt);
    await this.#append(`open-${n}.events`, Buffer.from(part.lines), part.linesAt);
  }

  async dropOpen(n: number): Promise<void> {
    await rm(this.#file(`open-${n}`), { force: true });
    await rm(this.#file(`open-${n}.events`), { force: true });
  }

  async #append(name: string, data: Uint8Array, at: number): Promise<void> {
    const file = await open(this.#file(name), at === 0 ? 'w' : 'r+', 0o600);
    try {
      await writeAt(file, data, at);
    } finally {
      await file.close();
    }
  }

  async #put(name: string, data: Uint8Array): Promise<void> {
    const next = this.#file(`${name}.new`);
    try {
      await writeFile(next, data, { mode: 0o600 });
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    }
    await rename(next, this.#file(name));
  }

  /** The head alone, without reading the body. */
  async #head(n: number): Promise<SegmentHead> {
    const file = await open(this.#file(`seg-${n}`), 'r');
    try {
      const start = Buffer.alloc(2_048);
      const { bytesRead } = await file.read(start, 0, start.length, 0);
      const length = bytesRead >= 4 ? start.readUInt32BE(0) : Number.MAX_SAFE_INTEGER;
      if (4 + length > bytesRead) throw damagedFile(this.#file(`seg-${n}`));
      const head = segmentHead(JSON.parse(start.toString('utf8', 4, 4 + length)));
      if (head.n !== n) throw damagedFile(this.#file(`seg-${n}`));
      return head;
    } finally {
      await file.close();
    }
  }

  async #openPart(n: number): Promise<OpenPart> {
    const data = await readFile(this.#file(`open-${n}`));
    const text = await readFile(this.#file(`open-${n}.events`), 'utf8').catch(() => '');
    // What is behind the last line end was cut off in the middle of writing.
    const [first, ...lines] = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return {
      n,
      data,
      start: first ? (JSON.parse(first) as OpenPart['start']) : undefined,
      events: lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LogEvent),
    };
  }

  #file(name: string): string {
    return join(this.#path, name);
  }
}

function damagedFile(file: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_LOG_DAMAGED', `${file} is not what a log keeps there.`, { cause });
}

function numbers(names: readonly string[], pattern: RegExp): number[] {
  return names
    .flatMap((name) => {
      const match = pattern.exec(name);
      return match ? [Number(match[1])] : [];
    })
    .toSorted((one, other) => one - other);
}
