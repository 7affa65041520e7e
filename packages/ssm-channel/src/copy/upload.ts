import { once } from 'node:events';
import { basename } from 'node:path';
import { SsmChannelError } from '../errors.js';
import type { Session } from '../session/types.js';
import { createLineEncoder, LINE_BYTES } from './line-encoder.js';
import { type Conversation, converse } from './conversation.js';
import { createDigest, type DigestAlgorithm } from './digest.js';
import { type Source, digestPrefix, fileChanged, openSource } from './local-file.js';
import { parseMode } from './mode.js';
import { type Progress, createProgress } from './progress.js';
import { uploadScript } from './remote-script.js';
import { newToken, partFrom, RawBytesChanged, startScript } from './remote.js';
import { remoteFailure } from './replies.js';
import type { Digest } from './running-digest.js';
import type { CopyOptions, CopyResult } from './types.js';

/** Bytes read and sent at once. */
const BLOCK_BYTES = 256 * 1024;

/**
 * Copies a local file to a target. The file appears there under its name at once and whole, or not at all: it is
 * collected in `<name>.hawser-part` beside it, compared by digest, and moved. After an interruption the next copy
 * goes on with that part, if its digest is that of the same bytes here.
 *
 * Raw bytes are sent where the target's terminal takes them, which the digest proves; base64 otherwise. A path that
 * is not absolute is below the home folder of the session's user, as with `scp`.
 *
 * @throws SsmChannelError `HAWSER_SSM_COPY_LOCAL_FILE`, `…_COPY_REMOTE_FILE` (no such folder, no permission, disk
 * full: `details.words` are the target's own), `…_COPY_UNSUPPORTED` (no POSIX shell, a tool missing),
 * `…_COPY_DIGEST_MISMATCH`, `…_COPY_REMOTE_FAILED`, and what sessions throw; the signal's reason when aborted.
 */
export async function copyToTarget(options: CopyOptions): Promise<CopyResult> {
  options.signal?.throwIfAborted();
  const source = await openSource(options.from);
  try {
    try {
      return await upload(options, source, false);
    } catch (error) {
      if (!(error instanceof RawBytesChanged)) throw error;
      return await upload(options, source, true);
    }
  } finally {
    await source.handle.close();
  }
}

async function upload(options: CopyOptions, source: Source, textOnly: boolean): Promise<CopyResult> {
  const { to: path } = options;
  const token = newToken();
  const name = basename(options.from);
  const script = uploadScript({ token, path, name, textOnly });
  const session = await startScript(options, 'AWS-StartInteractiveCommand', script);
  try {
    // Larger messages are tried only in a terminal whose size was told.
    session.resize({ columns: 80, rows: 24 });
    const conversation = converse(options, session, token, path);
    const [encoding, algorithm, bytesThere, digestThere, inFolder, mode, owner] = await conversation.answer('ready');
    const raw = encoding === 'raw';
    const progress = createProgress(options.onProgress, source.size);
    const part = { algorithm: algorithm as DigestAlgorithm, bytes: Number(bytesThere), digest: digestThere };
    const { resumedAt, digest } = await agreeOnStart(source, part, progress, options.signal);
    const [bytes, stored] = await send({ conversation, session, source, resumedAt, digest, progress, raw });
    progress('verifying', source.size);
    const value = digest.value();
    const doubt = await findDoubt(options, source, { bytes: Number(bytes), same: stored === value, raw });
    if (doubt) {
      conversation.ask('drop');
      await partFrom(session);
      throw doubt;
    }
    conversation.ask('keep', (options.mode ?? parseMode(mode) ?? source.mode).toString(8), owner ?? '');
    await conversation.answer('done');
    conversation.ask('bye');
    await partFrom(session);
    return {
      path: inFolder === '1' ? path.replace(/([^/])\/*$|\/+$/, '$1/') + name : path,
      bytes: source.size,
      resumedAt,
      digest: { algorithm: part.algorithm, value },
    };
  } finally {
    await session.terminate();
  }
}

/** Where to begin: behind what the target has already if that is how our file begins, else at 0. */
async function agreeOnStart(
  source: Source,
  part: { readonly algorithm: DigestAlgorithm; readonly bytes: number; readonly digest: string | undefined },
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<{ resumedAt: number; digest: Digest }> {
  if (part.bytes > 0 && part.bytes <= source.size) {
    progress('verifying', 0);
    const digest = createDigest(part.algorithm);
    await digestPrefix(source.handle, part.bytes, digest, signal);
    if (digest.value() === part.digest) return { resumedAt: part.bytes, digest };
  }
  return { resumedAt: 0, digest: createDigest(part.algorithm) };
}

/** Sends what is missing, and resolves with what the target then has: its length and digest. */
async function send(shipment: {
  readonly conversation: Conversation;
  readonly session: Session;
  readonly source: Source;
  readonly resumedAt: number;
  readonly digest: Digest;
  readonly progress: Progress;
  readonly raw: boolean;
}): Promise<readonly string[]> {
  const { conversation, session, source, resumedAt, digest, progress, raw } = shipment;
  const bytes = source.size - resumedAt;
  conversation.ask(resumedAt > 0 ? 'append' : 'fresh', raw ? bytes : Math.ceil(bytes / LINE_BYTES));
  const stored = conversation.answer('stored');
  // It may fail while we are still sending; whoever waits next is told.
  stored.catch(() => undefined);
  const write = async (data: Buffer): Promise<void> => {
    if (!session.stdin.write(data)) await Promise.race([once(session.stdin, 'drain'), stored]);
  };
  const encoder = raw ? undefined : createLineEncoder();
  let at = resumedAt;
  progress('copying', at);
  for await (const block of source.blocks(resumedAt, BLOCK_BYTES)) {
    digest.update(block);
    at += block.length;
    await write(encoder ? encoder.push(block) : block);
    progress('copying', at);
  }
  if (encoder) await write(encoder.end());
  return await stored;
}

/** What speaks against putting in place what the target stored. */
async function findDoubt(
  { from, to, target }: CopyOptions,
  source: Source,
  stored: { readonly bytes: number; readonly same: boolean; readonly raw: boolean },
): Promise<Error | undefined> {
  if (stored.bytes < source.size) {
    return remoteFailure(to, ['write', `only ${stored.bytes} of ${source.size} bytes were stored`]);
  }
  if (!stored.same && stored.raw) return new RawBytesChanged();
  if (!stored.same) {
    return new SsmChannelError(
      'HAWSER_SSM_COPY_DIGEST_MISMATCH',
      `What ${target} stored as ${to} is not what was sent`,
    );
  }
  return (await source.isUnchanged()) ? undefined : fileChanged(from);
}
