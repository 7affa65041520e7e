import { errnoOf, StateStoreError } from '../errors.js';
import type { WriteContext } from '../write-context.js';
import { acquireLock, type Manners } from './acquire.js';
import type { HeldLock } from './held.js';
import type { LockOwner } from './owner.js';

/** Something with locks to be held while it is changed. */
export interface Lockable {
  readonly subject: string;
  readonly lockPaths: readonly string[];
  /** Makes the folders the locks go into. */
  ready(): Promise<void>;
  readonly manners?: Manners;
}

/** Several locks held as one. */
export interface HeldLocks {
  /** Names the files staged under these locks. */
  readonly tag: string;
  readonly owner: LockOwner;
  /** As {@link HeldLock.broken}, of all of them. */
  readonly broken: readonly string[];
  verify(): boolean;
  /** Lets go of them; later calls do nothing. */
  release(): void;
}

/**
 * Takes all locks, always in the same order so that no two wait for each other, and releases them after the work.
 */
export async function withLocks<T>(
  subjects: readonly Lockable[],
  context: WriteContext,
  work: (locks: HeldLocks) => Promise<T>,
): Promise<T> {
  const wanted = subjects
    .flatMap((subject) => subject.lockPaths.map((path) => ({ path, subject })))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .filter(({ path }, index, all) => path !== all[index - 1]?.path);
  const held: HeldLock[] = [];
  const release = (): void => {
    for (const lock of held.splice(0)) lock.release();
  };
  try {
    for (const { path, subject } of wanted) held.push(await takeLock(path, subject, context));
    const [first] = held;
    if (first === undefined) throw new TypeError('There is nothing to lock.');
    return await work({
      tag: first.owner.nonce,
      owner: first.owner,
      broken: held.flatMap((lock) => lock.broken),
      verify: () => held.every((lock) => lock.verify()),
      release,
    });
  } finally {
    release();
  }
}

async function takeLock(path: string, subject: Lockable, context: WriteContext): Promise<HeldLock> {
  const { tool, timeoutMs, signal } = context;
  const request = { path, subject: subject.subject, tool, timeoutMs, signal, manners: subject.manners };
  try {
    return await acquireLock(request);
  } catch (error) {
    // The first write of a project, or the folder was removed while we run.
    if (!(error instanceof StateStoreError) || errnoOf(error.cause) !== 'ENOENT') throw error;
    await subject.ready();
    return acquireLock(request);
  }
}
