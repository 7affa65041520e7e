import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { SsmChannelError } from '../errors.js';
import type { Session } from '../session/types.js';
import { BLOCK_BYTES, downloadScript } from './remote-script.js';
import { explainSilence, newToken, partFrom, RawBytesChanged, startScript } from './remote.js';
import { remoteFailure } from './replies.js';
import { PartOfAnother, type Received, type Transfer, beginTransfer } from './transfer.js';
import type { CopyOptions } from './types.js';
import { createUnpacker, type Piece } from './unpacker.js';

/** Ctrl-C: tells the script that everything is here. */
const INTERRUPT: Uint8Array = Uint8Array.of(0x03);
/** What is kept of the target's complaints. */
const COMPLAINT_BYTES = 2_000;

/** A file that collects what has come. */
export interface Part {
  readonly handle: FileHandle;
  readonly path: string;
}

/** Brings a file of the target into a part, behind what the part has of it already. */
export async function receive(options: CopyOptions, part: Part): Promise<Received> {
  let resumedAt: number | undefined;
  let textOnly = false;
  for (;;) {
    try {
      const received = await receiveRest(options, part, textOnly);
      return { ...received, resumedAt: resumedAt ?? received.resumedAt };
    } catch (error) {
      if (error instanceof LinkCameBack) {
        resumedAt ??= error.resumedAt;
        continue;
      }
      if (error instanceof RawBytesChanged) textOnly = true;
      else if (!(error instanceof PartOfAnother)) throw error;
      resumedAt = 0;
      await part.handle.truncate(0);
    }
  }
}

/**
 * The link was away. What got lost an agent repeats message by message, at most ten a second
 * (amazon-ssm-agent agent/session/datachannel/datachannel.go): a new session brings it much sooner.
 */
class LinkCameBack extends Error {
  readonly resumedAt: number;

  constructor(resumedAt: number) {
    super('the link came back');
    this.resumedAt = resumedAt;
  }
}

/** What a session has brought so far. */
interface Progress {
  transfer?: Transfer;
  /** The script's digest of the whole file: its last word. */
  theirDigest?: string;
}

async function receiveRest(options: CopyOptions, part: Part, textOnly: boolean): Promise<Received> {
  const { from: path } = options;
  const token = newToken();
  const skipBlocks = Math.floor((await part.handle.stat()).size / BLOCK_BYTES);
  const script = downloadScript({ token, path, skipBlocks, textOnly });
  const session = await startScript(options, 'AWS-StartNonInteractiveCommand', script);
  try {
    const complaints = collect(session.stderr);
    const unpacker = createUnpacker(token);
    const progress: Progress = {};
    const outcome = await listen(session, progress, (chunk) => take(unpacker.push(chunk), progress, options, part));
    const { transfer, theirDigest } = progress;
    const noise = `${unpacker.noise}\n${complaints()}`.trim();
    if (transfer === undefined) throw await explainSilence(options, session, noise, false);
    const received = await transfer.finish();
    if (outcome === 'came back') throw new LinkCameBack(received.resumedAt);
    if (theirDigest === undefined) throw await explainSilence(options, session, complaints(), true);
    if (received.digest.value !== theirDigest) throw explainDifference(path, transfer, complaints());
    session.stdin.write(INTERRUPT);
    await partFrom(session);
    return received;
  } finally {
    await session.terminate();
  }
}

/** Takes pieces in order, waiting where it must; in a large file that is seldom. */
function take(
  pieces: readonly Piece[],
  progress: Progress,
  options: CopyOptions,
  part: Part,
): Promise<void> | undefined {
  for (const [at, piece] of pieces.entries()) {
    if (piece.kind === 'torn') throw new RawBytesChanged();
    const wait = piece.kind === 'answer' ? heed(piece.words, progress, options, part) : progress.transfer?.take(piece);
    if (wait) return wait.then(() => take(pieces.slice(at + 1), progress, options, part));
  }
  return undefined;
}

function heed(
  [verb, ...words]: readonly string[],
  progress: Progress,
  options: CopyOptions,
  part: Part,
): Promise<void> | undefined {
  if (verb === 'fail') throw remoteFailure(options.from, words);
  if (verb === 'tail') progress.theirDigest = words[0] ?? '';
  if (verb !== 'head') return undefined;
  return beginTransfer(options, part, words).then((transfer) => {
    progress.transfer = transfer;
  });
}

/** Hands every chunk over as it comes, and holds the stream while the taker is busy; until there is no more to hear. */
async function listen(
  session: Session,
  progress: Progress,
  taker: (chunk: Buffer) => Promise<void> | undefined,
): Promise<'told all' | 'ended' | 'came back'> {
  const { stdout } = session;
  let away = false;
  try {
    return await new Promise((resolve, reject) => {
      session.on('state', ({ state }) => {
        if (state === 'resuming') away = true;
        // With less than a block gained, a new session would begin where this one did.
        if (state === 'connected' && away && (progress.transfer?.gained ?? 0) >= BLOCK_BYTES) resolve('came back');
      });
      stdout.on('data', (chunk: Buffer) => {
        try {
          const busy = taker(chunk);
          if (progress.theirDigest !== undefined) resolve('told all');
          if (!busy) return;
          stdout.pause();
          busy.then(() => {
            if (progress.theirDigest !== undefined) resolve('told all');
            stdout.resume();
          }, reject);
        } catch (error) {
          reject(error);
        }
      });
      stdout.on('end', () => resolve('ended'));
    });
  } finally {
    stdout.destroy();
  }
}

function explainDifference(path: string, { missing, isRaw }: Transfer, complaints: string): Error {
  if (isRaw) return new RawBytesChanged();
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
