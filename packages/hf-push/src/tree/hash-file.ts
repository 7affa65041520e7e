import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import { HfPushError } from '../errors.js';
import { blobHeader } from './oid.js';

/** Is shown all bytes of a file, in order, while they are hashed. */
export interface Onlooker {
  /** Bytes as they come, and whether they are the last; the buffer is used again afterwards. */
  readonly see: (bytes: Buffer, isLast: boolean) => void;
  /** The file has to be read from its beginning once more. */
  readonly again: () => void;
}

/** What was found of a file. */
export interface HashedFile {
  readonly size: number;
  readonly oid: string;
}

/** Above this, a file is read in pieces without blocking; below, one blocking read costs least. */
const smallBytes = 1 << 20;
const attempts = 3;
/** A symbolic link that took the place of a file after it was looked at is not followed. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const shared: Buffer = Buffer.allocUnsafeSlow(smallBytes);

/**
 * Git's name of a file's content, read once, with at most 1 MiB of it in memory. A file that changes while it is read
 * is read again, three times at most.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when it cannot be read, or does not stop changing.
 */
export async function hashFile(path: string, shown: string, onlooker: Onlooker): Promise<HashedFile> {
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) onlooker.again();
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const hashed = hashSmall(path, onlooker) ?? (await hashLarge(path, onlooker));
      if (hashed) return hashed;
    }
  } catch (cause) {
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${shown} cannot be read: ${(cause as Error).message}`, {
      cause,
      details: { path: shown },
    });
  }
  throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${shown} changes while it is read.`, {
    hint: 'Stop what writes it, or exclude it with --exclude.',
    details: { path: shown },
  });
}

/** Undefined when the file is large, or changed meanwhile. */
function hashSmall(path: string, onlooker: Onlooker): HashedFile | undefined {
  const handle = openSync(path, flags);
  try {
    const before = fstatSync(handle, { bigint: true });
    if (before.size >= smallBytes) return undefined;
    // One byte more is asked for than there should be: what has grown shows itself.
    const size = readSync(handle, shared, 0, smallBytes, 0);
    if (size !== Number(before.size) || !isSame(before, fstatSync(handle, { bigint: true }))) return undefined;
    const bytes = shared.subarray(0, size);
    onlooker.see(bytes, true);
    return { size, oid: createHash('sha1').update(blobHeader(size)).update(bytes).digest('hex') };
  } finally {
    closeSync(handle);
  }
}

async function hashLarge(path: string, onlooker: Onlooker): Promise<HashedFile | undefined> {
  const handle = await open(path, flags);
  try {
    const before = await handle.stat({ bigint: true });
    const size = Number(before.size);
    const hash = createHash('sha1').update(blobHeader(size));
    const buffer = Buffer.allocUnsafeSlow(smallBytes);
    let position = 0;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- the bytes come in order
      const { bytesRead } = await handle.read(buffer, 0, smallBytes, position);
      if (bytesRead === 0) break;
      const bytes = buffer.subarray(0, bytesRead);
      hash.update(bytes);
      position += bytesRead;
      onlooker.see(bytes, position === size);
      if (position > size) return undefined;
    }
    if (position !== size || !isSame(before, await handle.stat({ bigint: true }))) return undefined;
    return { size, oid: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}
