import { closeSync, fsync, open, read, write } from 'node:fs';

// Plain descriptors instead of FileHandle: a quarter of the time of an update went into the handles. What asks only
// for facts of an open file, or closes it after its sync, is done at once: no disk is waited for there.

/** Opens a file, lets `work` use its descriptor, and closes it whatever happens. */
export async function withDescriptor<T>(
  path: string,
  { flags, mode = 0o666 }: { readonly flags: string; readonly mode?: number | undefined },
  work: (descriptor: number) => Promise<T>,
): Promise<T> {
  const descriptor = await new Promise<number>((resolve, reject) => {
    open(path, flags, mode, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  });
  try {
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes some of the bytes from `offset` on, to the same place in the file; resolves to how many. */
export function writeSome(descriptor: number, bytes: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, offset, bytes.length - offset, offset, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

/** Reads some bytes from `offset` in the file on, to the same place in the buffer; resolves to how many, 0 at the end. */
export function readSome(descriptor: number, buffer: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, offset, buffer.length - offset, offset, (error, count) =>
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
