import type { FileHandle } from 'node:fs/promises';
import type { LogTrouble } from './types.js';

const retryMs = 500;

/**
 * Does what has to be done on disk, one after the other, in order. What fails (no room, above all) is tried again until it
 * succeeds or the queue is told to give up; every job can be repeated.
 */
export class DiskQueue {
  readonly #folder: string;
  readonly #onTrouble: (trouble: LogTrouble) => void;
  readonly #onDone: () => void;
  readonly #jobs: { readonly run: () => Promise<void>; readonly bytes: number; readonly lost: () => Promise<void> }[] =
    [];
  #running: Promise<void> | undefined;
  #waiting: number = 0;
  #troubled = false;
  #givenUp = false;
  #wake: () => void = () => undefined;

  /** `folder` is where the jobs write, for what is told of trouble. */
  constructor(folder: string, onTrouble: (trouble: LogTrouble) => void, onDone: () => void) {
    this.#folder = folder;
    this.#onTrouble = onTrouble;
    this.#onDone = onDone;
  }

  /** Bytes whose jobs are not done. */
  get waiting(): number {
    return this.#waiting;
  }

  /** True while the disk takes nothing. */
  get troubled(): boolean {
    return this.#troubled;
  }

  /** `lost` runs instead when the queue had to give up on the job. */
  add(bytes: number, run: () => Promise<void>, lost: () => Promise<void>): void {
    this.#waiting += bytes;
    this.#jobs.push({ run, bytes, lost });
    this.#running ??= this.#work();
  }

  /** Resolves when all is done; what the disk does not take at the first try from now on is lost to it. */
  async finish(): Promise<void> {
    this.#givenUp = true;
    this.#wake();
    await this.#running;
  }

  async #work(): Promise<void> {
    // A job is added while its caller still holds the bytes; begin behind it.
    await Promise.resolve();
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      if (!(await this.#once(job.run))) {
        if (!this.#givenUp) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, retryMs);
            this.#wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
          continue;
        }
        await job.lost();
      }
      this.#jobs.shift();
      this.#waiting -= job.bytes;
      this.#onDone();
    }
    this.#running = undefined;
  }

  async #once(run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
    } catch (error) {
      if (!this.#troubled) {
        this.#troubled = true;
        this.#onTrouble({ kind: 'disk', message: wordsOf(error as NodeJS.ErrnoException, this.#folder) });
      }
      return false;
    }
    if (this.#troubled) {
      this.#troubled = false;
      this.#onTrouble({ kind: 'over', message: 'The log of the session is being written again.' });
      this.#onDone();
    }
    return true;
  }
}

/** What stands still, where, and what to do. */
function wordsOf({ code, message }: NodeJS.ErrnoException, folder: string): string {
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const why = isFull ? `the disk of ${folder} is full (${code})` : `${folder}: ${code ?? message}`;
  const mend = isFull ? 'Make room there' : 'See that it can be written';
  return `The log of the session cannot be written: ${why}. The command is held. ${mend}, and it goes on.`;
}

/** Writes all of `data` at a place in the file; again is no harm. */
export async function writeAt(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}
