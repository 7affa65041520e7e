import type { FileHandle } from 'node:fs/promises';
import { createDigest, type DigestAlgorithm } from './digest.js';
import { digestPrefix, localFailure } from './local-file.js';
import { parseMode } from './mode.js';
import { PartWriter } from './part-writer.js';
import { createProgress } from './progress.js';
import { BLOCK_BYTES } from './remote-script.js';
import type { CopyOptions, CopyResult } from './types.js';
import type { Piece } from './unpacker.js';

/** A file that is all here, but for its name. */
export interface Received {
  readonly bytes: number;
  readonly resumedAt: number;
  readonly digest: CopyResult['digest'];
  /** Permission bits there; `undefined` when the target did not tell. */
  readonly mode: number | undefined;
}

/** A part that grows. */
export interface Transfer {
  /** Takes a piece of the file; what to wait for before the next, when the disk does not keep up. */
  take(piece: Extract<Piece, { kind: 'raw' | 'text' }>): Promise<void> | undefined;
  /** Bytes of the file that did not come; below 0 when there were too many. */
  readonly missing: number;
  /** Bytes of the file that came. */
  readonly gained: number;
  /** Whether some of it came raw. */
  readonly isRaw: boolean;
  /** Resolves when everything is written. */
  finish(): Promise<Received>;
}

/** What an earlier copy left is not how the file begins. */
export class PartOfAnother extends Error {}

/**
 * Begins to fill a part, behind what it has already if the target's file begins so.
 *
 * @param words of the script's first answer: algorithm, size, blocks skipped, their digest, mode
 * @throws {@link PartOfAnother}
 */
export async function beginTransfer(
  { signal, onProgress }: CopyOptions,
  part: { readonly handle: FileHandle; readonly path: string },
  [algorithm, size, skipped, theirDigest, listed]: readonly string[],
): Promise<Transfer> {
  const bytes = Number(size);
  const resumedAt = Number(skipped) * BLOCK_BYTES;
  const progress = createProgress(onProgress, bytes);
  const digest = createDigest(algorithm as DigestAlgorithm);
  if (resumedAt > 0) {
    progress('verifying', 0);
    await digestPrefix(part.handle, resumedAt, digest, signal);
    if (digest.value() !== theirDigest) throw new PartOfAnother();
  }
  const onDisk = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (cause) {
      throw localFailure(`${part.path} cannot be written`, cause);
    }
  };
  const writer = new PartWriter(part.handle, resumedAt, digest);
  let isRaw = false;
  await onDisk(part.handle.truncate(resumedAt));
  progress('copying', resumedAt);
  return {
    take(piece) {
      if (piece.kind === 'text') writer.decode(piece.text);
      else writer.write(piece.bytes);
      isRaw ||= piece.kind === 'raw';
      progress('copying', Math.min(writer.position, bytes));
      const { pressure } = writer;
      return pressure && onDisk(pressure);
    },
    get missing() {
      return bytes - writer.position;
    },
    get gained() {
      return writer.position - resumedAt;
    },
    get isRaw() {
      return isRaw;
    },
    async finish() {
      await onDisk(writer.finish());
      progress('verifying', bytes);
      const value = digest.value();
      return {
        bytes: writer.position,
        resumedAt,
        mode: parseMode(listed),
        digest: { algorithm: algorithm as DigestAlgorithm, value },
      };
    },
  };
}
