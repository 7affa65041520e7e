import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import type { LogStream } from '@hawser/exec-client/contract';
import { END_BYTES, ENTRY_BYTES, streamFiles, type EndMark } from './places.js';
import { errnoOf } from '../stores/file-errors.js';

/** How often a full disk is tried again. */
const FULL_RETRY_MS = 250;

/**
 * Writes one stream of a log: the bytes into one file, and when they came and how many lines they ended into an index.
 * A stream that exists already is continued.
 */
export class LogWriter {
  readonly #bytesFile: number;
  readonly #indexFile: number;
  readonly #endFile: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #entry = Buffer.alloc(ENTRY_BYTES);
  #bytes = 0;
  #newlines = 0;
  #lastByte: number | undefined;
  #room: Promise<void> | undefined;
  #givenUp = false;
  #hasLost = false;
  #end: Promise<EndMark> | undefined;

  constructor(folder: string, stream: LogStream) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = streamFiles(folder, stream);
    this.#bytesFile = openSync(files.bytes, 'a+', 0o600);
    this.#indexFile = openSync(files.index, 'a', 0o600);
    this.#endFile = openSync(files.end, 'w', 0o600);
    writeSync(this.#endFile, Buffer.alloc(END_BYTES, 0x20), 0, END_BYTES, 0);
    this.#continue();
  }

  /**
   * Appends bytes.
   *
   * @returns `undefined` when they are in the file; while there is no room for them, a promise of that. What is appended
   *   meanwhile waits behind them
   */
  append(bytes: Uint8Array, nowMs: number): Promise<void> | undefined {
    const rest = this.#room === undefined ? this.#write(bytes, nowMs) : bytes;
    if (rest.length === 0) return undefined;
    const room = (this.#room ?? Promise.resolve())
      .then(() => this.#insist(rest))
      .finally(() => {
        if (this.#room === room) this.#room = undefined;
      });
    this.#room = room;
    return room;
  }

  /** Set while bytes wait for room on a full disk. */
  get room(): Promise<void> | undefined {
    return this.#room;
  }

  /** Lines and bytes so far. */
  get size(): { readonly lines: number; readonly bytes: number } {
    const isOpen = this.#lastByte !== undefined && this.#lastByte !== 0x0a;
    return { lines: this.#newlines + (isOpen ? 1 : 0), bytes: this.#bytes };
  }

  /** Stops trying to get bytes onto a full disk: when any are lost by that, the end mark says so. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Writes the end mark and closes, once. What is still waiting for room is waited for. */
  end(): Promise<EndMark> {
    this.#end ??= this.#finish();
    return this.#end;
  }

  async #finish(): Promise<EndMark> {
    await this.#room;
    const { lines, bytes } = this.size;
    const mark = { lines, bytes, sha256: this.#hash.digest('hex'), complete: !this.#hasLost };
    const text = Buffer.from(JSON.stringify(mark));
    writeSync(this.#endFile, text, 0, text.length, 0);
    for (const file of [this.#bytesFile, this.#indexFile, this.#endFile]) closeSync(file);
    return mark;
  }

  /** Takes what an earlier writer left into account. */
  #continue(): void {
    const left = fstatSync(this.#bytesFile).size;
    const buffer = Buffer.allocUnsafe(Math.min(left, 1 << 20));
    while (this.#bytes < left) {
      const count = readSync(this.#bytesFile, buffer, 0, buffer.length, this.#bytes);
      if (count === 0) return;
      this.#count(buffer.subarray(0, count));
    }
  }

  #count(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) this.#newlines += 1;
    this.#bytes += bytes.length;
    this.#lastByte = bytes.at(-1);
  }

  /** Writes as much as there is room for. What is left over. */
  #write(bytes: Uint8Array, nowMs: number): Uint8Array {
    let written = 0;
    try {
      while (written < bytes.length) {
        const count = writeSync(this.#bytesFile, bytes, written);
        this.#count(bytes.subarray(written, written + count));
        written += count;
      }
      this.#note(nowMs);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    return bytes.subarray(written);
  }

  #note(nowMs: number): void {
    const view = new DataView(this.#entry.buffer, this.#entry.byteOffset);
    view.setFloat64(0, nowMs, true);
    view.setFloat64(8, this.#bytes, true);
    view.setFloat64(16, this.#newlines, true);
    writeSync(this.#indexFile, this.#entry);
  }

  async #insist(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && !this.#givenUp) {
      await new Promise((resolve) => setTimeout(resolve, FULL_RETRY_MS));
      rest = this.#write(rest, Date.now());
    }
    this.#hasLost ||= rest.length > 0;
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}
