import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.js';
import type { ProcessIdentity } from '../process/identity.js';

// A lock is looked at, made and removed synchronously: these calls take microseconds, less than going to a thread and
// back, during which all others would wait. And nothing can happen between a look at a lock and what depends on it.

/** What a lock says about who holds it. */
export interface LockOwner extends ProcessIdentity {
  /** Drawn anew for each acquisition: two locks are the same lock if and only if their nonces agree. */
  readonly nonce: string;
  /** The program, for messages. */
  readonly tool: string;
  /** When the lock was taken, ISO 8601 UTC. For messages only: nothing is decided by clocks. */
  readonly at: string;
}

/** A lock found in the file system; `owner` is missing when it was not made by this package, or is not there any more. */
export interface FoundLock {
  readonly owner?: LockOwner;
  /** It is an empty folder: what a crash amidst {@link removeLock} leaves. */
  readonly empty?: true;
}

/** A nonce for {@link LockOwner}: 128 random bits. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Takes the lock if nobody has it: one indivisible step that both creates the lock and says whose it is, so that no
 * crash leaves a lock without an owner.
 *
 * A symbolic link does exactly that, its target being the text; it needs one system call, and works on network file
 * systems. Where there are none (Windows, FAT), a folder holding the text is renamed into place, which fails when a
 * non-empty folder or a file is there.
 *
 * @returns whether it was taken
 */
export function createLock(path: string, owner: LockOwner): boolean {
  const text = JSON.stringify(owner);
  if (process.platform !== 'win32') {
    try {
      symlinkSync(text, path);
      return true;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST') return false;
      if (errno === undefined || !['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(errno)) throw error;
    }
  }
  return createLockFolder(path, owner.nonce, text);
}

/** What rename answers when something is in the way; Windows says EPERM or EACCES whatever the reason. */
const IN_THE_WAY = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : [])];

function createLockFolder(path: string, nonce: string, text: string): boolean {
  const made = `${path}.made-${nonce}`;
  mkdirSync(made);
  try {
    writeFileSync(join(made, 'owner'), text);
    renameSync(made, path);
    return true;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!IN_THE_WAY.includes(errnoOf(error) ?? '')) throw error;
    return false;
  }
}

/** Reads a lock; `undefined` when there is none. */
export function readLock(path: string): FoundLock | undefined {
  try {
    return parseLock(readlinkSync(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    // EINVAL (on Windows UNKNOWN): it is no symbolic link.
  }
  try {
    return parseLock(readFileSync(join(path, 'owner'), 'utf8'));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') return {};
  }
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return undefined;
  return present.isDirectory() ? { empty: true } : {};
}

/** Removes a lock that is the caller's to remove; that it is gone already is no error. */
export function removeLock(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    rmSync(join(path, 'owner'), { force: true });
    removeIfEmpty(path);
  }
}

/** Removes a folder that is empty; another is left. */
export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody has made his lock in it meanwhile.
  }
}

function parseLock(text: string): FoundLock {
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? { owner: value } : {};
  } catch {
    return {};
  }
}

/** Checks every field: a lock may have been put there by anybody, and its nonce becomes part of file names. */
export function isOwner(value: unknown): value is LockOwner {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const texts = ['start', 'boot', 'namespace', 'host', 'machine', 'tool', 'at'];
  if (!texts.every((field) => typeof record[field] === 'string')) return false;
  if (typeof record['nonce'] !== 'string' || !/^[0-9a-f]{32}$/.test(record['nonce'])) return false;
  return Number.isSafeInteger(record['pid']) && Number(record['pid']) > 0;
}
