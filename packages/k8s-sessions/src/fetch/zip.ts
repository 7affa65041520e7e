import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { SessionsError } from '../errors.js';
import { crc32 } from './crc32.js';
import type { SafeTree } from './tree.js';

/** Bytes at the end of the file in which its directory is looked for: a comment is at most 64 KiB. */
const tailBytes = 65_557;
/** Bytes of the directory. */
const maxDirectory = 64 * 1_048_576;
/** Bytes of a link's target. */
const maxLink = 4_096;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
  /** POSIX mode, when the archive was made on such a system; else 0. */
  readonly mode: number;
}

/**
 * Unpacks a zip file (APPNOTE 6.3: stored or deflated, also zip64) into a tree, by its central directory.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_FAILED when it is damaged, encrypted or packed in another way,
 * HAWSER_SESSIONS_SOURCE_REJECTED for what the tree refuses.
 */
export async function unpackZip(path: string, tree: SafeTree): Promise<void> {
  const file = await open(path, 'r');
  try {
    for (const entry of await directory(file)) await unpackEntry(path, file, entry, tree);
  } finally {
    await file.close();
  }
}

async function unpackEntry(path: string, file: FileHandle, entry: Entry, tree: SafeTree): Promise<void> {
  const type = entry.mode & 0o170000;
  if (entry.name.endsWith('/') || type === 0o040000) return tree.folder(entry.name);
  if (type === 0o120000) {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const piece of contents(path, file, entry)) {
      size += piece.length;
      if (size > maxLink) throw damaged(`the link ${entry.name} is too long`);
      parts.push(piece);
    }
    return tree.link(entry.name, Buffer.concat(parts).toString('utf8'));
  }
  if (type !== 0 && type !== 0o100000) return tree.refuseDevice(entry.name);
  return tree.file(entry.name, (entry.mode & 0o100) !== 0, contents(path, file, entry));
}

/** The unpacked bytes of an entry, held to its size and checksum. */
async function* contents(path: string, file: FileHandle, entry: Entry): AsyncGenerator<Uint8Array> {
  const local = await read(file, entry.at, 30);
  if (local.readUInt32LE(0) !== 0x04034b50) throw damaged(`${entry.name} is not where the directory says`);
  const start = entry.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  let size = 0;
  let crc = 0;
  if (entry.packed > 0) {
    const packed = createReadStream(path, { start, end: start + entry.packed - 1 });
    const inflate = createInflateRaw();
    packed.on('error', (error) => inflate.destroy(error));
    const stream = entry.method === 0 ? packed : packed.pipe(inflate);
    try {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > entry.size) throw damaged(`${entry.name} is larger than the directory says`);
        crc = crc32(piece, crc);
        yield piece;
      }
    } catch (error) {
      throw error instanceof SessionsError ? error : damaged(`${entry.name} cannot be unpacked`, error);
    } finally {
      packed.destroy();
      inflate.destroy();
    }
  }
  if (size !== entry.size || crc !== entry.crc) throw damaged(`${entry.name} is not what was packed`);
}

async function directory(file: FileHandle): Promise<readonly Entry[]> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - tailBytes), Math.min(size, tailBytes));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || tail.length < end + 22) throw damaged('it has no directory');
  let count = tail.readUInt16LE(end + 10);
  let length = tail.readUInt32LE(end + 12);
  let at = tail.readUInt32LE(end + 16);
  const locator = end - 20;
  if (locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50) {
    const large = await read(file, integer(tail, locator + 8), 56);
    if (large.readUInt32LE(0) !== 0x06064b50) throw damaged('it has no directory');
    count = integer(large, 32);
    length = integer(large, 40);
    at = integer(large, 48);
  }
  if (length > maxDirectory) throw damaged('its directory is too long');
  const bytes = await read(file, at, length);
  const entries: Entry[] = [];
  for (let place = 0; entries.length < count;) {
    if (place + 46 > bytes.length || bytes.readUInt32LE(place) !== 0x02014b50)
      throw damaged('its directory is damaged');
    const nameEnd = place + 46 + bytes.readUInt16LE(place + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(place + 30);
    entries.push(directoryEntry(bytes, place, nameEnd, extraEnd));
    place = extraEnd + bytes.readUInt16LE(place + 32);
  }
  return entries;
}

function directoryEntry(bytes: Buffer, at: number, nameEnd: number, extraEnd: number): Entry {
  const name = bytes.toString('utf8', at + 46, nameEnd);
  if ((bytes.readUInt16LE(at + 8) & 1) !== 0) throw damaged(`${name} is encrypted`);
  const method = bytes.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8) throw damaged(`${name} is packed in a way that is not known`);
  const madeOnUnix = bytes[at + 5] === 3;
  const wide = zip64(bytes.subarray(nameEnd, extraEnd));
  const value = (field: number): number => {
    const short = bytes.readUInt32LE(at + field);
    return short === 0xffffffff ? wide() : short;
  };
  // The order is that of the wide values: size, packed size, place.
  const size = value(24);
  const packed = value(20);
  const place = value(42);
  const mode = madeOnUnix ? bytes.readUInt32LE(at + 38) >>> 16 : 0;
  return { name, method, crc: bytes.readUInt32LE(at + 16), size, packed, at: place, mode };
}

/** Values of the zip64 extra field, one after the other. */
function zip64(extra: Buffer): () => number {
  let at = 0;
  for (; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) if (extra.readUInt16LE(at) === 1) break;
  at += 4;
  return () => {
    if (at + 8 > extra.length) throw damaged('a size is missing');
    at += 8;
    return integer(extra, at - 8);
  };
}

function integer(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw damaged('a size is none');
  return value;
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead < length) throw damaged('it ends too early');
  return bytes;
}

function damaged(why: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_FAILED', `The zip file cannot be unpacked: ${why}.`, {
    hint: 'Make the archive anew, and check that the whole of it arrived.',
    cause,
  });
}
