import { type FileHandle, rename, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { SsmChannelError } from '../errors.js';
import { type Destination, localFailure, openPart, resolveDestination } from './local-file.js';
import { receive } from './receive.js';
import type { CopyOptions, CopyResult } from './types.js';

/**
 * Copies a file of a target here. It appears under its name at once and whole, or not at all: it is collected in
 * `<name>.hawser-part` beside it, compared by digest, and moved. After an interruption the next copy goes on with
 * that part, if its digest is that of the same bytes there.
 *
 * Bytes travel raw where the target's `grep` can tell which of them the agent will mangle, and as base64 elsewhere. A
 * path that is not absolute is below the home folder of the session's user, as with `scp`.
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
    const { bytes, resumedAt, digest, mode } = await receive(options, { handle: part, path: destination.partPath });
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
