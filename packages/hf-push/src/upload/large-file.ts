import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { HfPushError } from '../errors.js';
import { stampOf } from '../tree/hash-file.js';
import type { FileContent } from '../tree/types.js';

/** Read at once. */
const PIECE = 1 << 20;

/** SHA-256 of a content, and what its file looked like when it was read. */
export interface LargeFileDigest {
  readonly sha256: string;
  /** Changes whenever the file does; empty for bytes in memory. */
  readonly stamp: string;
}

/** Hashes a content as LFS names it, in one buffer. */
export async function digestLarge(path: string, content: FileContent, signal?: AbortSignal): Promise<LargeFileDigest> {
  const hash = createHash('sha256');
  if (content.kind === 'bytes') return { sha256: hash.update(content.bytes).digest('hex'), stamp: '' };
  return await withFile(path, content.path, async (file) => {
    const stamp = await stampNow(file);
    const buffer = Buffer.allocUnsafeSlow(PIECE);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, PIECE, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
    if ((await stampNow(file)) !== stamp) throw changed(path);
    return { sha256: hash.digest('hex'), stamp };
  });
}

/**
 * The bytes of a part of a content. Each piece is gone when the next is asked for. A file that is not what it was when
 * it was hashed fails at once, or before its last piece is given.
 */
export async function* piecesOf(
  path: string,
  content: FileContent,
  stamp: string,
  part: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  if (content.kind === 'bytes') {
    if (part.end > part.start) yield content.bytes.subarray(part.start, part.end);
    return;
  }
  const file = await opened(path, content.path);
  try {
    if ((await stampNow(file)) !== stamp) throw changed(path);
    const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, part.end - part.start));
    for (let at = part.start; at < part.end;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE, part.end - at), at);
      at += bytesRead;
      if (bytesRead === 0 || (at === part.end && (await stampNow(file)) !== stamp)) throw changed(path);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function withFile<Result>(
  path: string,
  where: string,
  work: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await opened(path, where);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function opened(path: string, where: string): Promise<FileHandle> {
  try {
    return await open(where);
  } catch (cause) {
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      details: { path },
    });
  }
}

async function stampNow(file: FileHandle): Promise<string> {
  return stampOf(await file.stat({ bigint: true }));
}

function changed(path: string): HfPushError {
  return new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} changed while it was pushed`, {
    hint: 'Leave the files alone while they are pushed, and push again.',
    details: { path },
  });
}
