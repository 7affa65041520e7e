import { appendFile, type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { wakeOn } from '@hawser/state-store/files';
import type { TunnelEvent } from '../status.js';
import { createLineCutter } from './lines.js';
import { placesOf } from './places.js';
import type { ReadEventsOptions } from './seam.js';

/** A log longer than this is put aside, and the one put aside before it is gone; in bytes. */
const ROTATE_BYTES = 1 << 20;
/** How often a followed log is looked at where the system tells nothing, in milliseconds. */
const LOOK_MS = 1_000;

/** Appends events to a log, one JSON object per line. A disk that is full costs lines, never a tunnel. */
export class EventLog {
  readonly #path: string;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;
  #lost = 0;

  constructor(path: string) {
    this.#path = path;
  }

  append(event: TunnelEvent): void {
    this.#pending.push(`${JSON.stringify(event)}\n`);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Settles when all that was appended is written, or known to be lost. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const lines = this.#pending;
      this.#pending = [];
      try {
        await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
        await this.#rotate();
        const gap = this.#lost === 0 ? '' : lossLine(this.#lost);
        await appendFile(this.#path, gap + lines.join(''), { mode: 0o600 });
        this.#lost = 0;
      } catch {
        this.#lost += lines.length;
      }
    }
  }

  async #rotate(): Promise<void> {
    const size = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    );
    if (size >= ROTATE_BYTES) await rename(this.#path, `${this.#path}.1`);
  }
}

function lossLine(count: number): string {
  const event: TunnelEvent = {
    at: new Date().toISOString(),
    type: 'supervisor',
    text: `${count} events before this could not be written`,
  };
  // A write that failed midway may have left half a line.
  return `\n${JSON.stringify(event)}\n`;
}

/**
 * The events of a project's tunnels, oldest first, of all its supervisors so far: one megabyte at least, two at most.
 * With `follow` it goes on with those to come, until the signal aborts.
 */
export async function* readEvents(options: ReadEventsOptions): AsyncIterable<TunnelEvent> {
  const { eventLog } = placesOf(options);
  const { follow = false, signal } = options;
  const isOver = (): boolean => signal?.aborted === true;
  // Before it is read: what comes meanwhile is told then.
  const wake = follow ? wakeOn(dirname(eventLog), (entry) => entry === basename(eventLog)) : undefined;
  try {
    yield* eventsOf(new LogReader(`${eventLog}.1`));
    let reader = new LogReader(eventLog);
    yield* eventsOf(reader);
    if (!wake) return;
    while (!isOver()) {
      await wake.next(LOOK_MS, signal);
      yield* eventsOf(reader);
      if (await reader.wasPutAside()) {
        // What was written to it up to that moment, then the one that took its place.
        yield* eventsOf(reader);
        reader = new LogReader(eventLog);
        yield* eventsOf(reader);
      }
    }
  } finally {
    wake?.close();
  }
}

async function* eventsOf(reader: LogReader): AsyncIterable<TunnelEvent> {
  for await (const line of reader.lines()) {
    try {
      const event: unknown = JSON.parse(line);
      if (typeof event === 'object' && event !== null && 'type' in event) yield event as TunnelEvent;
    } catch {
      // Half a line, of a disk that was full.
    }
  }
}

/** Reads a log that grows, and may be renamed meanwhile. */
class LogReader {
  readonly #path: string;
  readonly #cutter = createLineCutter();
  #position = 0;
  #inode: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async *lines(): AsyncIterable<string> {
    const file = await this.#open();
    if (!file) return;
    try {
      const buffer = Buffer.alloc(64 * 1024);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#position);
        if (bytesRead === 0) return;
        this.#position += bytesRead;
        yield* this.#cutter.push(Buffer.from(buffer.subarray(0, bytesRead))) ?? [];
      }
    } finally {
      await file.close();
    }
  }

  async wasPutAside(): Promise<boolean> {
    const now = await stat(this.#path).catch(() => undefined);
    return now !== undefined && this.#inode !== undefined && now.ino !== this.#inode;
  }

  /** The file first seen under this name, wherever it is by now. */
  async #open(): Promise<FileHandle | undefined> {
    for (const path of [this.#path, `${this.#path}.1`]) {
      const file = await open(path, 'r').catch(() => undefined);
      if (!file) continue;
      const { ino } = await file.stat();
      this.#inode ??= ino;
      if (ino === this.#inode) return file;
      await file.close();
    }
    return undefined;
  }
}
