import { renameSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../errors.js';
import { livenessOf } from '../process/liveness.js';
import { dropDeadTicket } from './line.js';
import type { HeldLock } from './held.js';
import { createLock, newNonce, readLock, removeLock, type LockOwner } from './owner.js';

/**
 * Removes the lock of an owner that is provably dead.
 *
 * Two that find the same dead lock must not both remove it: the slower one would remove the lock the faster one has
 * taken since. So the right to break one lock is itself a lock, named after the dead one's nonce: only its holder may
 * touch that lock, which therefore cannot change between the look and the removal. Should a breaker die as well, its
 * right is broken in the same way.
 *
 * @param takeRight - takes the lock of that name
 */
export async function breakDeadLock(
  path: string,
  dead: LockOwner,
  takeRight: (path: string) => Promise<HeldLock>,
): Promise<void> {
  const right = await takeRight(`${path}.dead-${dead.nonce.slice(0, 16)}`);
  try {
    if (readLock(path)?.owner?.nonce === dead.nonce) setAside(path, dead);
  } finally {
    right.release();
  }
}

/** Takes the dead lock away and looks at what was taken: a person may have exchanged it, and a live one is put back. */
function setAside(path: string, dead: LockOwner): void {
  const aside = `${path}.aside-${newNonce().slice(0, 16)}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  const taken = readLock(aside)?.owner;
  if (taken !== undefined && taken.nonce !== dead.nonce) createLock(path, taken);
  removeLock(aside);
}

/** Clears away what crashed breakers left beside a lock. Only for who holds that lock. */
export async function sweepLockLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(prefix)) continue;
    const [kind] = entry.slice(prefix.length).split('-');
    const leftover = join(folder, entry);
    // A right to break an earlier lock is worth nothing once there is a later one: ours.
    if (kind === 'dead') removeLock(leftover);
    if (kind === 'wait') await dropDeadTicket(leftover);
    if (kind !== 'aside' && kind !== 'made') continue;
    const owner = readLock(leftover)?.owner;
    if (owner !== undefined && (await livenessOf(owner)).state === 'dead') removeLock(leftover);
  }
}
