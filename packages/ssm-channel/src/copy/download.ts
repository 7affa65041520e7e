import { type FileHandle, rename, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { SsmChannelError } from '../errors.js';
import { createDecoder } from './base64.js';
import { createDigest, type DigestAlgorithm } from './digest.js';
import { type Destination, digestPrefix, localFailure, openPart, resolveDestination } from './local-file.js';
import { parseMode } from './mode.js';
import { createPartWriter } from './part-writer.js';
import { createProgress } from './progress.js';
import { RESUME_BLOCK_BYTES, downloadScript } from './remote-script.js';
import { explainSilence, newToken, partFrom, startScript } from './remote.js';
import { type ReplyReader, createReplyReader, remoteFailure } from './replies.js';
import type { CopyOptions, CopyResult } from './types.js';

const AT_SIGN = 0x40;
const LINE_END = 0x0a;
/** What is kept of the target's complaints. */
const COMPLAINT_BYTES = 2_000;

/**
 * Copies a file of a target here. It appears under its name at once and whole, or not at all: it is collected in
 * `<name>.hawser-part` beside it, compared by digest, and moved. After an interruption the next copy goes on with
 * that part, if its digest is that of the same bytes there.
 *
 * The bytes travel as base64, because the agent does not pass every byte of a command's output on as it is. A path
 * that is not absolute is below the home folder of the session's user, as with `scp`.
 *
 * @throws SsmChannelError `HAWSER_SSM_COPY_LOCAL_FILE` (no such folder, no permission, disk full),
 * `…_COPY_REMOTE_FILE` (no such file, no permission: `details.words` are the target's own), `…_COPY_UNSUPPORTED`
 * (no POSIX shell, a tool missing), `…_COPY_DIGEST_MISMATCH` (it changed meanwhile), `…_COPY_REMOTE_FAILED`, and what
 * sessions throw; the signal's reason when aborted.
 */
export async function copyFromTarget(options: CopyOptions): Promise<CopyResult> {
  options.signal?.throwIfAborted();
  const destination = await resolveDestination(options.to, posix.basename(options.from));
  const part = await openPart(destination.partPath);
  let isWorthKeeping = false;
  try {
    const { bytes, resumedAt, digest, mode } = await receive(options, destination, part);
    await putInPlace(destination, part, options.mode ?? destination.mode ?? mode);
    return { path: destination.path, bytes, resumedAt, digest };
  } catch (error) {
    isWorthKeeping = !isHopeless(error) && (await part.stat()).size > 0;
    throw error;
  } finally {
    await part.close();
    // After a success it has another name.
    if (!isWorthKeeping) await rm(destination.partPath, { force: true });
  }
}

/** Whether the next copy has nothing to gain from what this one left. */
function isHopeless(error: unknown): boolean {
  return (
    error instanceof SsmChannelError &&
    (error.code === 'HAWSER_SSM_COPY_DIGEST_MISMATCH' || error.details?.['systemCode'] === 'ENOSPC')
  );
}

async function putInPlace({ path, partPath }: Destination, part: FileHandle, mode: number | undefined): Promise<void> {
  try {
    if (mode !== undefined) await part.chmod(mode & 0o777);
    await rename(partPath, path);
  } catch (cause) {
    throw localFailure(`${path} cannot be written`, cause);
  }
}

/** A file that is all here, but for its name. */
interface Received {
  readonly bytes: number;
  readonly resumedAt: number;
  readonly digest: CopyResult['digest'];
  /** Permission bits there; `undefined` when the target did not tell. */
  readonly mode: number | undefined;
}

async function receive(options: CopyOptions, destination: Destination, part: FileHandle): Promise<Received> {
  const skipBlocks = Math.floor((await part.stat()).size / RESUME_BLOCK_BYTES);
  try {
    return await receiveBehind(skipBlocks, options, destination, part);
  } catch (error) {
    if (!(error instanceof PartOfAnother)) throw error;
    return await receiveBehind(0, options, destination, part);
  }
}

/** What an earlier copy left is not how the file begins. */
class PartOfAnother extends Error {}

async function receiveBehind(
  skipBlocks: number,
  options: CopyOptions,
  destination: Destination,
  part: FileHandle,
): Promise<Received> {
  const { from: path } = options;
  const token = newToken();
  const script = downloadScript({ token, path, skipBlocks });
  const session = await startScript(options, 'AWS-StartNonInteractiveCommand', script);
  try {
    const complaints = collect(session.stderr);
    const answers = createReplyReader(token);
    let transfer: Transfer | undefined;
    let theirDigest: string | undefined;
    for await (const piece of readPieces(session.stdout, answers)) {
      if ('text' in piece) await transfer?.take(piece.text);
      else if (piece.words[0] === 'head') transfer = await beginTransfer(options, destination, part, piece.words);
      else if (piece.words[0] === 'tail') theirDigest = piece.words[1] ?? '';
      else throw remoteFailure(path, piece.words.slice(1));
    }
    if (transfer === undefined || theirDigest === undefined) {
      const noise = `${answers.noise}\n${complaints()}`.trim();
      throw await explainSilence(options, session, noise, transfer !== undefined);
    }
    const received = await transfer.finish();
    if (received.digest.value !== theirDigest) throw explainDifference(path, transfer.missing, complaints());
    await partFrom(session);
    return received;
  } finally {
    await session.terminate();
  }
}

/** Takes a stream apart into the answers of the script and the pieces of the file that comes between them. */
async function* readPieces(
  stdout: AsyncIterable<Buffer>,
  answers: ReplyReader,
): AsyncGenerator<{ readonly words: readonly string[] } | { readonly text: Buffer }> {
  let inFile = false;
  for await (let chunk of stdout) {
    while (chunk.length > 0) {
      // The answer behind the file begins with a character that is not in base64; the file begins behind a line.
      const at: number = chunk.indexOf(inFile ? AT_SIGN : LINE_END);
      const end = at < 0 ? chunk.length : inFile ? at : at + 1;
      const piece = chunk.subarray(0, end);
      chunk = chunk.subarray(end);
      if (inFile) {
        if (piece.length > 0) yield { text: piece };
        inFile = at < 0;
        continue;
      }
      for (const words of answers.push(piece)) {
        yield { words };
        inFile = words[0] === 'head';
      }
    }
  }
}

/** A part that grows. */
interface Transfer {
  /** Takes a piece of base64. */
  take(text: Buffer): Promise<void>;
  /** Bytes of the file that did not come; below 0 when there were too many. */
  readonly missing: number;
  /** Resolves when everything is written. */
  finish(): Promise<Received>;
}

/** @param words the script's first answer: `head`, algorithm, size, blocks skipped, their digest, mode */
async function beginTransfer(
  { signal, onProgress }: CopyOptions,
  { partPath }: Destination,
  part: FileHandle,
  [, algorithm, size, skipped, theirDigest, listed]: readonly string[],
): Promise<Transfer> {
  const bytes = Number(size);
  const resumedAt = Number(skipped) * RESUME_BLOCK_BYTES;
  const progress = createProgress(onProgress, bytes);
  const digest = createDigest(algorithm as DigestAlgorithm);
  if (resumedAt > 0) {
    progress('verifying', 0);
    await digestPrefix(part, resumedAt, digest, signal);
    if (digest.value() !== theirDigest) throw new PartOfAnother();
  }
  const onDisk = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
    try {
      return await work;
    } catch (cause) {
      throw localFailure(`${partPath} cannot be written`, cause);
    }
  };
  const decode = createDecoder();
  const writer = createPartWriter(part, resumedAt);
  let at = resumedAt;
  await onDisk(part.truncate(resumedAt));
  progress('copying', at);
  return {
    async take(text) {
      const piece = decode(text);
      digest.update(piece);
      at += piece.length;
      await onDisk(writer.write(piece));
      progress('copying', Math.min(at, bytes));
    },
    get missing() {
      return bytes - at;
    },
    async finish() {
      await onDisk(writer.finish());
      progress('verifying', bytes);
      const value = digest.value();
      return { bytes, resumedAt, mode: parseMode(listed), digest: { algorithm: algorithm as DigestAlgorithm, value } };
    },
  };
}

function explainDifference(path: string, missing: number, complaints: string): SsmChannelError {
  if (missing > 0 && complaints !== '') return remoteFailure(path, ['read', complaints]);
  return new SsmChannelError(
    'HAWSER_SSM_COPY_DIGEST_MISMATCH',
    missing === 0
      ? `What arrived of ${path} is not what the target has`
      : `${path} changed on the target while it was copied`,
  );
}

/** Keeps the end of what a stream says. */
function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (words: string) => {
    text = `${text}${words}`.slice(-COMPLAINT_BYTES);
  });
  return () => text.trim();
}
