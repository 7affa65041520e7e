import { dirname } from 'node:path';
import { explainSystemError, StateStoreError } from '../errors.js';
import { currentProcess } from '../process/identity.js';
import { livenessOf } from '../process/liveness.js';
import { breakDeadLock } from './break.js';
import { holdLock, type HeldLock } from './held.js';
import { isAwaited, lineUp, type Place } from './line.js';
import { createLock, newNonce, readLock, removeIfEmpty, type FoundLock, type LockOwner } from './owner.js';

/** How a lock is asked for. */
export interface LockRequest {
  /** Where the lock is made; its folder must exist. */
  readonly path: string;
  /** What it protects, for messages: `net.json`. */
  readonly subject: string;
  /** The program asking, told to others that wait. */
  readonly tool: string;
  /** How long to wait for the present owner, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Of those that take the lock again and again. */
  readonly manners?: Manners | undefined;
}

/** What one user of a lock remembers from one acquisition to the next, so that it does not keep others out. */
export interface Manners {
  /** Acquisitions in a row for which it did not stand in line. */
  streak: number;
}

const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 1_000;

/** So often may a process take a lock again ahead of those that wait: a hand-over costs as much as several updates. */
const MAX_STREAK = 8;

/**
 * Takes a lock, waiting for a living owner and breaking the lock of one that is provably dead.
 *
 * Waiting is in line and by file system events. As a death is no such event, the owner is looked at again after 50 ms,
 * and then in growing steps up to a second.
 *
 * @throws StateStoreError HAWSER_STATE_LOCKED when the time is over, naming the owner; HAWSER_STATE_READ_ONLY,
 *   HAWSER_STATE_DISK_FULL or HAWSER_STATE_IO when the lock cannot be made
 */
export async function acquireLock(request: LockRequest): Promise<HeldLock> {
  const { path, signal, manners } = request;
  const identity = await currentProcess();
  const deadline = performance.now() + request.timeoutMs;
  const broken: string[] = [];
  const isPolite = (manners?.streak ?? 0) >= MAX_STREAK && isAwaited(path);
  let place: Place | undefined;
  let lookMs = FIRST_LOOK_MS;
  let mayTry = !isPolite;
  let mustLook = mayTry;
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (mayTry) {
        const owner = { ...identity, nonce: newNonce(), tool: request.tool.slice(0, 80), at: new Date().toISOString() };
        if (tryCreate(request, owner)) {
          if (manners !== undefined) manners.streak = place === undefined ? manners.streak + 1 : 1;
          return holdLock(path, owner, broken);
        }
      }
      const found = mustLook ? readLock(path) : undefined;
      const isDead = found?.owner !== undefined && (await livenessOf(found.owner)).state === 'dead';
      mayTry = mustLook && (found === undefined || isDead);
      if (isDead) {
        const takeRight = (right: string): Promise<HeldLock> =>
          acquireLock({ ...request, path: right, timeoutMs: deadline - performance.now() });
        await breakDeadLock(path, found.owner, takeRight);
        broken.push(found.owner.nonce);
      }
      if (mayTry) continue;
      if (found?.empty === true) removeIfEmpty(path);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw await lockedError(request, found ?? readLock(path));
      place ??= lineUp(path, identity);
      mayTry = (await place.next(Math.min(lookMs, leftMs), signal)) === 'turn';
      mustLook = !mayTry;
      if (mustLook) lookMs = Math.min(lookMs * 2, LAST_LOOK_MS);
    }
  } finally {
    place?.leave();
  }
}

function tryCreate({ path, subject }: LockRequest, owner: LockOwner): boolean {
  try {
    return createLock(path, owner);
  } catch (error) {
    throw explainSystemError(error, `lock ${subject}`, dirname(path), 'write');
  }
}

async function lockedError(request: LockRequest, found: FoundLock | undefined): Promise<StateStoreError> {
  const { path, subject, timeoutMs } = request;
  const waited = `after ${Math.max(0, Math.round(timeoutMs)) / 1000} s of waiting`;
  const owner = found?.owner;
  if (owner === undefined) {
    return new StateStoreError(
      'HAWSER_STATE_LOCKED',
      `${subject} is locked by another program ${waited}: ${path} exists.`,
      {
        hint: `If no program is using ${subject} any more, remove ${path} and try again.`,
        details: { path },
      },
    );
  }
  const liveness = await livenessOf(owner);
  const details = { path, pid: owner.pid, host: owner.host, tool: owner.tool, since: owner.at, state: liveness.state };
  const who = `process ${owner.pid} (${owner.tool}) on ${owner.host}, since ${owner.at}`;
  if (liveness.state === 'unknown') {
    const where = liveness.why === 'other-host' ? 'another machine' : 'another container';
    return new StateStoreError('HAWSER_STATE_LOCKED', `${subject} is locked ${waited} by ${who}: on ${where}.`, {
      hint: `Check there whether the process still runs; if it does not, remove ${path} and try again.`,
      details,
    });
  }
  const suspended = liveness.state === 'alive' && liveness.suspended;
  return new StateStoreError(
    'HAWSER_STATE_LOCKED',
    `${subject} is locked ${waited} by ${who}${suspended ? ', which is suspended' : ''}.`,
    {
      hint: suspended
        ? `Let the process go on (kill -CONT ${owner.pid}) or end it (kill -9 ${owner.pid}), and try again.`
        : `Wait for process ${owner.pid}, or end it, and try again.`,
      details: { ...details, suspended },
    },
  );
}
