import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { HfPushError } from '../errors.js';
import { blobHeader, pointerOid } from './oid.js';

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
  /** Git's name of what a tree holds: of the content, or of the pointer that stands for it in LFS. */
  readonly oid: string;
  /** Of files larger than {@link regularBytes}. */
  readonly sha256?: string;
  /** With `sha256`: changes whenever the file does. */
  readonly stamp?: string;
  /** The content, where the keeper had room for it. */
  readonly bytes?: Uint8Array;
}

/** Room to keep the contents of small files in, so that they are read once and not thrice. */
export interface Keeper {
  readonly buffer: Buffer;
  used: number;
}

/** The Hub takes larger files through LFS only: huggingface.co/docs/hub/repositories-recommendations. */
export const regularBytes: number = 10 * 1024 * 1024;
/** Above this, a file is read in pieces without blocking; below, one blocking read costs least. */
const smallBytes = 1 << 20;
/** What is hashed before the bytes of a small file stands right before them. */
const headerBytes = 16;
const attempts = 3;
/** A symbolic link that took the place of a file after it was looked at is not followed. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const shared: Buffer = Buffer.allocUnsafeSlow(headerBytes + smallBytes);

/**
 * Names a file's content, read once, with at most 2 MiB of it in memory besides what the keeper keeps. A file that
 * changes while it is read is read again, three times at most.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when it cannot be read, or does not stop changing.
 */
export async function hashFile(path: string, shown: string, onlooker: Onlooker, keeper?: Keeper): Promise<HashedFile> {
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) onlooker.again();
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const hashed = hashSmall(path, onlooker, keeper) ?? (await hashLarge(path, onlooker));
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
function hashSmall(path: string, onlooker: Onlooker, keeper: Keeper | undefined): HashedFile | undefined {
  const handle = openSync(path, flags);
  try {
    const before = fstatSync(handle);
    if (before.size >= smallBytes) return undefined;
    // One byte more is asked for than there should be: what has grown shows itself.
    const room = headerBytes + before.size + 1;
    const isKept = keeper !== undefined && keeper.used + room <= keeper.buffer.length;
    const buffer = isKept ? keeper.buffer.subarray(keeper.used, keeper.used + room) : shared;
    const size = readSync(handle, buffer, headerBytes, before.size + 1, 0);
    if (size !== before.size || !isSame(before, fstatSync(handle))) return undefined;
    if (isKept) keeper.used += headerBytes + size;
    const bytes = buffer.subarray(headerBytes, headerBytes + size);
    onlooker.see(bytes, true);
    const header = blobHeader(size);
    const start = headerBytes - header.length;
    buffer.write(header, start, 'latin1');
    const oid = hash('sha1', buffer.subarray(start, headerBytes + size));
    return isKept ? { size, oid, bytes } : { size, oid };
  } finally {
    closeSync(handle);
  }
}

async function hashLarge(path: string, onlooker: Onlooker): Promise<HashedFile | undefined> {
  const handle = await open(path, flags);
  try {
    const before = await handle.stat({ bigint: true });
    const size = Number(before.size);
    const isRegular = size <= regularBytes;
    const digest = isRegular ? createHash('sha1').update(blobHeader(size)) : createHash('sha256');
    const read = (at: number, index: number): Promise<Buffer> => readPiece(handle, buffers[index % 2] as Buffer, at);
    const buffers = [Buffer.allocUnsafeSlow(smallBytes), Buffer.allocUnsafeSlow(smallBytes)];
    let position = 0;
    let next = read(0, 0);
    for (let index = 1; ; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- the bytes come in order
      const bytes = await next;
      if (bytes.length === 0) break;
      position += bytes.length;
      // The next piece is read while this one is hashed.
      next = read(position, index);
      digest.update(bytes);
      onlooker.see(bytes, position === size);
      if (position > size) {
        await next;
        return undefined;
      }
    }
    const after = await handle.stat({ bigint: true });
    const stamp = stampOf(after);
    if (position !== size || stampOf(before) !== stamp) return undefined;
    const name = digest.digest('hex');
    return isRegular ? { size, oid: name } : { size, oid: pointerOid(name, size), sha256: name, stamp };
  } finally {
    await handle.close();
  }
}

async function readPiece(handle: FileHandle, buffer: Buffer, at: number): Promise<Buffer> {
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
  return buffer.subarray(0, bytesRead);
}

function isSame(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

/** Differs when a file does, or is another. */
export function stampOf({ size, mtimeNs, ctimeNs, ino, dev }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino, dev].join('-');
}
