import type { FileHandle } from 'node:fs/promises';

/** Bytes collected before a write: small ones would cost more than the bytes. */
const BATCH_BYTES = 1 << 20;

/** Writes a file from front to back while more is coming; one write is under way at most. */
export interface PartWriter {
  /** Resolves when more may come. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when everything is written. */
  finish(): Promise<void>;
}

/** Writes from `start` on. */
export function createPartWriter(handle: FileHandle, start: number): PartWriter {
  let position = start;
  let batch: Buffer[] = [];
  let batched = 0;
  let writing: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    await writing;
    const [bytes, at] = [Buffer.concat(batch, batched), position];
    position += batched;
    batch = [];
    batched = 0;
    writing = writeAll(handle, bytes, at);
    // Whoever writes next is told.
    writing.catch(() => undefined);
  }

  return {
    async write(bytes) {
      batch.push(bytes);
      batched += bytes.length;
      if (batched >= BATCH_BYTES) await flush();
    },
    async finish() {
      await flush();
      await writing;
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, start: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, start + at);
    at += bytesWritten;
  }
}
