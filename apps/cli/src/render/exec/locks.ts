import type { Style } from '@hawser/cli-kit';
import type { LockRecord } from '@hawser/exec-client/contract';

/** Locks as people see them: who holds each, and who waits for it. */
export function renderLocks(locks: readonly LockRecord[], style: Style): string {
  if (locks.length === 0) return 'Nobody holds a lock.';
  return locks.map((lock) => renderLock(lock, style)).join('\n');
}

function renderLock({ name, fence, holder, queue }: LockRecord, style: Style): string {
  const held =
    holder === undefined
      ? ['  held by nobody']
      : [
          `  held by ${holder.execution_id} of ${holder.who} since ${holder.since}, at most until ${holder.lease_until}`,
          `  ${style.faint(holder.command)}`,
        ];
  const waiting = queue.map(
    ({ execution_id, who, since }, index) => `  ${index + 1}. ${execution_id} of ${who} since ${since}`,
  );
  return [`${style.strong(name)}  fence ${fence}`, ...held, ...waiting].join('\n');
}
