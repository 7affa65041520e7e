import { createHash } from 'node:crypto';
import { fstatSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ignoreMissing } from './atomic-write.js';
import { readSome, withDescriptor } from './descriptor.js';
import { errnoOf } from './errors.js';

/** Tells whether a file is still the one that was read: every atomic write makes a new one. */
export interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** A file's content together with what tells whether it is still that. */
export interface StampedFile {
  readonly bytes: Buffer;
  readonly stamp: FileStamp;
}

/** Reads a whole file; `undefined` when there is none. */
export async function readStamped(path: string): Promise<StampedFile | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(path);
    } catch (error) {
      // Windows refuses for the moment in which another process exchanges the file.
      const mayPass = process.platform === 'win32' && ['EPERM', 'EBUSY'].includes(errnoOf(error) ?? '');
      if (!mayPass || attempt === 10) return ignoreMissing(error);
      await sleep(attempt * 5);
    }
  }
}

/** The stamp of the file that is there now; `undefined` when there is none. */
export function stampNow(path: string): FileStamp | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Whether both are the same file in the same state, or both none. */
export function sameStamp(one: FileStamp | undefined, other: FileStamp | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.ino === other.ino && one.mtimeNs === other.mtimeNs && one.size === other.size && one.dev === other.dev;
}

/** SHA-256 of the bytes, in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readOnce(path: string): Promise<StampedFile> {
  return withDescriptor(path, { flags: 'r' }, async (descriptor) => {
    const stamp = fstatSync(descriptor, { bigint: true });
    // One byte more than there should be: that it stays free says that this is the end.
    let buffer = Buffer.allocUnsafe(Number(stamp.size) + 1);
    let length = 0;
    for (;;) {
      const count = await readSome(descriptor, buffer, length);
      length += count;
      if (count === 0 || length === Number(stamp.size)) return { stamp, bytes: buffer.subarray(0, length) };
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    }
  });
}
