import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { HfPushError } from '../errors.js';
import { blobHeader, blobOid } from './oid.js';
import type { TreeFile } from './types.js';

const smallBytes = 1 << 20;

/** What reading a staged file may be told. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a staged file as a stream, and fails the stream at its end when the bytes are not those that were staged.
 *
 * Bounded memory: no more than a stream buffers. Errors of the stream: HAWSER_HF_LOCAL_FILE when the file cannot be
 * read or has changed since.
 */
export function openContent(file: TreeFile, { signal }: ReadOptions = {}): Readable {
  if (file.content.kind === 'bytes') return Readable.from([Buffer.from(file.content.bytes)], { objectMode: false });
  const { path } = file.content;
  const hash = file.sha256 === undefined ? createHash('sha1').update(blobHeader(file.size)) : createHash('sha256');
  let size = 0;
  const verify = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.byteLength;
      hash.update(chunk);
      // More than was promised must not reach a peer that was told the size.
      done(size > file.size ? changed(file) : null, chunk);
    },
    flush(done) {
      done(size === file.size && hash.digest('hex') === (file.sha256 ?? file.oid) ? null : changed(file));
    },
  });
  const source = createReadStream(path, { highWaterMark: 1 << 18, ...(signal && { signal }) });
  source.on('error', (error) => verify.destroy(signal?.aborted ? error : unreadable(file, error)));
  verify.on('close', () => source.destroy());
  return source.pipe(verify);
}

/**
 * Reads a staged file whole, and makes sure that the bytes are those that were staged.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when the file cannot be read or has changed since.
 */
export async function readContent(file: TreeFile, options: ReadOptions = {}): Promise<Buffer> {
  if (file.content.kind === 'bytes') return Buffer.from(file.content.bytes);
  if (file.size <= smallBytes) return readSmall(file, file.content.path);
  const chunks: Buffer[] = [];
  for await (const chunk of openContent(file, options)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks, file.size);
}

/** One blocking read costs a tenth of a stream: thousands of small files go out in one commit. */
function readSmall(file: TreeFile, path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(file, error as Error);
  }
  if (bytes.byteLength !== file.size || blobOid(bytes) !== file.oid) throw changed(file);
  return bytes;
}

/**
 * SHA-256 of a staged file in hex, the name that LFS gives it, in bounded memory.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when the file cannot be read or has changed since.
 */
export async function sha256Of(file: TreeFile, options: ReadOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of openContent(file, options)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function changed(file: TreeFile): HfPushError {
  return new HfPushError('HAWSER_HF_LOCAL_FILE', `${file.path} changed after it was staged.`, {
    hint: 'Leave the files alone while they are pushed, and push again.',
    details: { path: file.path },
  });
}

function unreadable(file: TreeFile, cause: Error): HfPushError {
  return new HfPushError('HAWSER_HF_LOCAL_FILE', `${file.path} cannot be read: ${cause.message}`, {
    cause,
    details: { path: file.path },
  });
}
