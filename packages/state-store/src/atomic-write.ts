import { fchmodSync, fchownSync, fstatSync, renameSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncDescriptor, withDescriptor, writeSome } from './descriptor.js';
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
  const present = statSync(file.target, { throwIfNoEntry: false });
  let isOurs = false;
  try {
    await withDescriptor(path, { flags: 'wx', mode: file.mode }, async (descriptor) => {
      isOurs = true;
      await writeAll(descriptor, file.bytes);
      keepOwnership(descriptor, file, present ?? statSync(dirname(path)), present !== undefined);
      await syncDescriptor(descriptor);
      const { size } = fstatSync(descriptor);
      if (size !== file.bytes.length) throw shortWrite(file, size);
    });
  } catch (error) {
    if (isOurs) await unlink(path).catch(() => undefined);
    throw error;
  }
}

/**
 * Puts the staged file in the target's place, in one step. Durable only after {@link syncFolder}.
 *
 * @param isAtRest - asked right before, with nothing in between
 * @returns `false` when that said no, and nothing was done
 */
export async function publishFile(
  file: Pick<StagedFile, 'target' | 'tag'>,
  isAtRest: () => boolean = () => true,
): Promise<boolean> {
  const staged = stagedPath(file);
  for (let attempt = 1; ; attempt++) {
    try {
      if (!isAtRest()) return false;
      renameSync(staged, file.target);
      return true;
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
  try {
    await withDescriptor(folder, { flags: 'r' }, syncDescriptor);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'].includes(errnoOf(error) ?? '')) throw error;
  }
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const count = await writeSome(descriptor, bytes, offset);
    // The look at the size finds what is missing.
    if (count === 0) return;
    offset += count;
  }
}

/** The new file gets the old one's mode, and under root also its owner, lest `sudo` lock people out of their files. */
function keepOwnership(
  descriptor: number,
  { mode }: StagedFile,
  model: { mode: number; uid: number; gid: number },
  isPredecessor: boolean,
): void {
  const wanted = mode ?? (isPredecessor ? model.mode & 0o7777 : undefined);
  if (wanted !== undefined) fchmodSync(descriptor, wanted);
  if (process.getuid?.() !== 0 || (model.uid === 0 && model.gid === 0)) return;
  try {
    fchownSync(descriptor, model.uid, model.gid);
  } catch {
    // Root of a user namespace may be refused: the file then stays root's, which is no reason not to write it.
  }
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
