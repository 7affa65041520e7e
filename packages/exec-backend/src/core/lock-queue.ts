/** Who stands in a queue. */
export interface Waiter {
  readonly id: string;
  readonly who: string;
  readonly sinceMs: number;
  /** How long the lock is held at most, once it is had. */
  readonly leaseMs: number;
  /** When to give up waiting. */
  readonly untilMs?: number;
}

/** Who holds a lock. */
export interface Holder {
  readonly id: string;
  readonly who: string;
  readonly sinceMs: number;
  readonly leaseUntilMs: number;
}

/** A lock: one row, so that every change of holder and queue is one conditional write. */
export interface Lock {
  /** Number of the last holder. Only ever grows. */
  readonly fence: number;
  readonly holder?: Holder;
  readonly queue: readonly Waiter[];
  /** Who lost their place to another, and to whom; kept until they know. */
  readonly displaced: readonly { readonly id: string; readonly by: string }[];
}

/** Where somebody stands with a lock. */
export type Standing =
  | { readonly kind: 'held'; readonly fence: number }
  | { readonly kind: 'waiting'; readonly position: number }
  | { readonly kind: 'displaced'; readonly by: string }
  | { readonly kind: 'none' };

/** How to ask for a lock that another holds. */
export type Policy = 'fail' | 'wait' | 'replace';

/** At most so many wait for one lock. */
export const longestQueue = 500;

/** A lock that nobody ever held. */
export const freeLock: Lock = { fence: 0, queue: [], displaced: [] };

/** Where `id` stands. */
export function standing(lock: Lock, id: string): Standing {
  if (lock.holder?.id === id) return { kind: 'held', fence: lock.fence };
  const place = lock.queue.findIndex((waiter) => waiter.id === id);
  if (place >= 0) return { kind: 'waiting', position: place + 1 };
  const displaced = lock.displaced.find((entry) => entry.id === id);
  return displaced ? { kind: 'displaced', by: displaced.by } : { kind: 'none' };
}

/**
 * Asks for a lock. Who already stands there stays where they stand. `replace` takes the place of the one that waits
 * last, so that it overtakes nobody.
 */
export function ask(lock: Lock, waiter: Waiter, policy: Policy, nowMs: number): Lock {
  if (standing(lock, waiter.id).kind !== 'none') return lock;
  if (!lock.holder && lock.queue.length === 0) return promote({ ...lock, queue: [waiter] }, nowMs);
  if (policy === 'fail' || (policy === 'wait' && lock.queue.length >= longestQueue)) return lock;
  const last = policy === 'replace' ? lock.queue.at(-1) : undefined;
  if (!last) return { ...lock, queue: [...lock.queue, waiter] };
  return {
    ...lock,
    queue: [...lock.queue.slice(0, -1), waiter],
    displaced: [...lock.displaced, { id: last.id, by: waiter.id }],
  };
}

/** Goes away, from wherever one stands; the next then holds. */
export function leave(lock: Lock, id: string, nowMs: number): Lock {
  const at = standing(lock, id);
  if (at.kind === 'none') return lock;
  if (at.kind === 'held') return promote(withoutHolder(lock), nowMs);
  return {
    ...lock,
    queue: lock.queue.filter((waiter) => waiter.id !== id),
    displaced: lock.displaced.filter((entry) => entry.id !== id),
  };
}

/** Begins the holder's lease anew. */
export function renew(lock: Lock, id: string, leaseUntilMs: number): Lock {
  if (lock.holder?.id !== id || lock.holder.leaseUntilMs >= leaseUntilMs) return lock;
  return { ...lock, holder: { ...lock.holder, leaseUntilMs } };
}

/** Gives a lock that nobody holds to the first in the queue, under the next number. */
function promote(lock: Lock, nowMs: number): Lock {
  const [next, ...queue] = lock.queue;
  if (lock.holder || !next) return lock;
  const holder = { id: next.id, who: next.who, sinceMs: nowMs, leaseUntilMs: nowMs + next.leaseMs };
  return { ...lock, fence: lock.fence + 1, holder, queue };
}

function withoutHolder({ fence, queue, displaced }: Lock): Lock {
  return { fence, queue, displaced };
}
