import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SsmChannelError } from '../errors.js';
import type { Digest } from './running-digest.js';

/** Longest file name, in bytes, that a suffix is put behind; file systems end at 255. */
const LONGEST_NAME = 200;
const READ_BYTES = 1 << 20;

/** Says what happened to a local file, in the system's words. */
export function localFailure(what: string, cause: unknown): SsmChannelError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const words = WORDS[code ?? ''] ?? message;
  return new SsmChannelError('HAWSER_SSM_COPY_LOCAL_FILE', `${what}: ${words}`, {
    cause,
    details: { systemCode: code },
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'no space left on the disk',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENAMETOOLONG: 'the name is too long',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'it is a link',
};

/** A local file that is to be read. */
export interface Source {
  readonly handle: FileHandle;
  readonly size: number;
  readonly mode: number;
  /** The file from `start` to where it ended when it was opened. Throws when it ends before. */
  blocks(start: number, blockBytes: number): AsyncIterable<Buffer>;
  /** Whether nobody has written to it since it was opened. */
  isUnchanged(): Promise<boolean>;
}

/** Opens a file to be uploaded. Only ordinary files are: of others no one knows the length. */
export async function openSource(path: string): Promise<Source> {
  let handle: FileHandle;
  try {
    // A pipe would wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw localFailure(`${path} cannot be read`, cause);
  }
  const before = await handle.stat();
  if (!before.isFile()) {
    await handle.close();
    throw new SsmChannelError(
      'HAWSER_SSM_COPY_LOCAL_FILE',
      `${path} is ${before.isDirectory() ? 'a folder' : 'not an ordinary file'}`,
      {
        hint: before.isDirectory() ? 'Copy a single file; pack a folder first (tar -cf folder.tar folder).' : undefined,
      },
    );
  }
  return {
    handle,
    size: before.size,
    mode: before.mode & 0o777,
    blocks: (start, blockBytes) => readBlocks(handle, path, { start, end: before.size, blockBytes }),
    async isUnchanged() {
      const after = await handle.stat();
      return after.size === before.size && after.mtimeMs === before.mtimeMs;
    },
  };
}

async function* readBlocks(
  handle: FileHandle,
  path: string,
  { start, end, blockBytes }: { readonly start: number; readonly end: number; readonly blockBytes: number },
): AsyncGenerator<Buffer> {
  let ahead = read(start);
  for (let at = start; at < end;) {
    const block = await ahead;
    if (block.length === 0) throw fileChanged(path);
    at += block.length;
    // The next block is read while this one is sent.
    ahead = read(at);
    yield block;
  }

  function read(at: number): Promise<Buffer> {
    const wanted = Math.min(blockBytes, end - at);
    const reading = handle.read(Buffer.allocUnsafe(wanted), 0, wanted, at).then(
      ({ buffer, bytesRead }) => buffer.subarray(0, bytesRead),
      (cause: unknown) => {
        throw localFailure(`${path} cannot be read`, cause);
      },
    );
    // Whoever asks for the next block is told; perhaps nobody does.
    reading.catch(() => undefined);
    return reading;
  }
}

/** The file is not what it was when its copy began. */
export function fileChanged(path: string): SsmChannelError {
  return new SsmChannelError('HAWSER_SSM_COPY_LOCAL_FILE', `${path} changed while it was copied`, {
    hint: 'Nothing was put in place. Run the copy again when nobody writes to the file.',
  });
}

/** Adds the first bytes of a file to a digest. */
export async function digestPrefix(
  handle: FileHandle,
  bytes: number,
  digest: Digest,
  signal?: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes));
  for (let at = 0; at < bytes;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) return;
    digest.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** Where a download goes. */
export interface Destination {
  readonly path: string;
  /** Holds what was moved so far, beside the destination. */
  readonly partPath: string;
  /** Of the file that is replaced, if there is one. */
  readonly mode: number | undefined;
}

/** Finds out where a download goes; a folder gets a file named `name`, a link is followed. */
export async function resolveDestination(to: string, name: string): Promise<Destination> {
  let path = to;
  let found = await describe(path);
  if (found?.isDirectory()) {
    path = join(path, name);
    found = await describe(path);
  }
  if (found?.isDirectory()) throw localFailure(`${path} cannot be replaced`, { code: 'EISDIR' });
  if (found && !found.isFile()) {
    throw new SsmChannelError('HAWSER_SSM_COPY_LOCAL_FILE', `${path} is not an ordinary file`);
  }
  if (found) path = await realpath(path);
  const base = basename(path);
  const partName =
    Buffer.byteLength(base) > LONGEST_NAME
      ? `.${createHash('sha256').update(base).digest('hex').slice(0, 16)}.hawser-part`
      : `${base}.hawser-part`;
  return { path, partPath: join(dirname(path), partName), mode: found ? found.mode & 0o777 : undefined };
}

async function describe(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw localFailure(`${path} cannot be written`, cause);
  }
}

/** Opens what an earlier download left, or a new file that only we can read. Never follows a link that somebody laid. */
export async function openPart(partPath: string): Promise<FileHandle> {
  try {
    return await open(partPath, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (cause) {
    throw localFailure(`${partPath} cannot be written`, cause);
  }
}
