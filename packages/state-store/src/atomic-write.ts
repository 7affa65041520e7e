import { open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, StateStoreError } from './errors.js';

/** A file to be written beside its target. */
export interface StagedFile {
  readonly target: string;
  /** Unique among the target's staged files, made of letters and digits. */
  readonly tag: string;
  readonly bytes: Uint8Array;
  /** Permission bits of the new file; without them those of the present file, or what the umask leaves of 0666. */
  readonly mode?: number | undefined;
}

/** Where {@link stageFile} puts the file: in the target's own folder, so that one rename can exchange the two. */
export function stagedPath({ target, tag }: Pick<StagedFile, 'target' | 'tag'>): string {
  return join(dirname(target), `.${basename(target)}.${tag}.tmp`);
}

/** Whether a folder entry is a staged file of this target. */
export function isStagedFor(target: string, entry: string): boolean {
  return entry.startsWith(`.${basename(target)}.`) && /^[0-9a-f]+\.tmp$/.test(entry.slice(basename(target).length + 2));
}

/**
 * Writes a file completely and durably beside its target: every byte (a write may take fewer than it is given), fsync,
 * and a look at the resulting size. If anything fails, nothing is left behind and the target is as it was.
 */
export async function stageFile(file: StagedFile): Promise<void> {
  const path = stagedPath(file);
  const [handle, present] = await Promise.all([
    open(path, 'wx', file.mode ?? 0o666),
    stat(file.target).catch(() => undefined),
  ]);
  try {
    await writeAll(handle, file.bytes);
    await keepOwnership(handle, file, present);
    await handle.sync();
    const { size } = await handle.stat();
    if (size !== file.bytes.length) throw shortWrite(file, size);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
    throw error;
  }
  await handle.close();
}

/** Puts the staged file in the target's place, in one step. Durable only after {@link syncFolder}. */
export async function publishFile(file: Pick<StagedFile, 'target' | 'tag'>): Promise<void> {
  const staged = stagedPath(file);
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(staged, file.target);
      return;
    } catch (error) {
      // Windows refuses while a virus scanner or another reader has the target open.
      const mayPass = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(errnoOf(error) ?? '');
      if (!mayPass || attempt === 10) throw error;
      await sleep(attempt * 20);
    }
  }
}

/** Removes the staged file, if it is there. */
export async function discardFile(file: Pick<StagedFile, 'target' | 'tag'>): Promise<void> {
  await unlink(stagedPath(file)).catch(ignoreMissing);
}

/** Makes renames, links and removals within a folder survive a power cut, where folders can be synced at all. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset, offset);
    // The look at the size finds what is missing.
    if (bytesWritten === 0) return;
    offset += bytesWritten;
  }
}

/** The new file gets the old one's mode, and under root also its owner, lest `sudo` lock people out of their files. */
async function keepOwnership(
  handle: FileHandle,
  { target, mode }: StagedFile,
  present: { mode: number; uid: number; gid: number } | undefined,
): Promise<void> {
  const wanted = mode ?? (present === undefined ? undefined : present.mode & 0o7777);
  if (wanted !== undefined) await handle.chmod(wanted);
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = present ?? (await stat(dirname(target)));
  // Root of a user namespace may be refused: the file then stays root's, which is no reason not to write it.
  if (uid !== 0 || gid !== 0) await handle.chown(uid, gid).catch(() => undefined);
}

function shortWrite({ target, bytes }: StagedFile, size: number): StateStoreError {
  return new StateStoreError(
    'HAWSER_STATE_DISK_FULL',
    `Cannot write ${basename(target)}: only ${size} of ${bytes.length} bytes reached the disk.`,
    { details: { path: target, expected: bytes.length, actual: size } },
  );
}

/** For `catch`: a missing file is `undefined`, anything else is thrown on. */
export function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}
