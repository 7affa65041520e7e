import { readLock, removeLock, type LockOwner } from './owner.js';

/** A lock in hand. */
export interface HeldLock {
  readonly path: string;
  readonly owner: LockOwner;
  /** Nonces of the dead owners whose locks had to be broken: they may have left something unfinished. */
  readonly broken: readonly string[];
  /** Whether the lock is still ours. To be asked right before every irrevocable step. */
  verify(): boolean;
  release(): void;
}

/** Wraps a lock that was just created for `owner`. */
export function holdLock(path: string, owner: LockOwner, broken: readonly string[]): HeldLock {
  const verify = (): boolean => readLock(path)?.owner?.nonce === owner.nonce;
  return {
    path,
    owner,
    broken,
    verify,
    release() {
      // What is there now may be another's, if someone removed ours by hand.
      if (verify()) removeLock(path);
    },
  };
}
