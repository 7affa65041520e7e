import { closeSync, fsync, openSync, read, readSync, write, writeSync } from 'node:fs';

// Plain descriptors instead of FileHandle, and synchronous calls for what takes microseconds: half of the time of an
// update went into handles and ways to threads and back. What may wait for a disk, syncing above all, is asynchronous.

/** Opens a file, lets `work` use its descriptor, and closes it whatever happens. */
export async function withDescriptor<T>(
  path: string,
  { flags, mode = 0o666 }: { readonly flags: string; readonly mode?: number | undefined },
  work: (descriptor: number) => Promise<T>,
): Promise<T> {
  const descriptor = openSync(path, flags, mode);
  try {
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Up to here, reading from and writing to the system's cache takes microseconds. */
const AT_ONCE_BYTES = 64 << 10;

/** Writes some of the bytes from `offset` on, to the same place in the file; resolves to how many. */
export async function writeSome(descriptor: number, bytes: Uint8Array, offset: number): Promise<number> {
  const length = bytes.length - offset;
  if (length <= AT_ONCE_BYTES) return writeSync(descriptor, bytes, offset, length, offset);
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, offset, length, offset, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

/** Reads some bytes from `offset` in the file on, to the same place in the buffer; resolves to how many, 0 at the end. */
export async function readSome(descriptor: number, buffer: Uint8Array, offset: number): Promise<number> {
  const length = buffer.length - offset;
  if (length <= AT_ONCE_BYTES) return readSync(descriptor, buffer, offset, length, offset);
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, offset, length, offset, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

/** Resolves when everything written so far is on the disk. */
export function syncDescriptor(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
