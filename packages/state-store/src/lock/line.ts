import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { wakeOn, type FolderWake } from '../folder-wake.js';
import { currentProcess, type ProcessIdentity } from '../process/identity.js';
import { livenessOf } from '../process/liveness.js';

// Those that wait for a lock stand in line: each has a ticket, an empty file named after the microsecond it came in, and watches
// only the ticket before its own, so that a release wakes one process and not all. The line gives no rights: what
// decides is who makes the lock. So nothing depends on clocks, or on tickets that are lost or left behind.

/** A place in the line before a lock. */
export interface Place {
  /**
   * Waits until it is worth trying to take the lock: `turn` when this place is the first and the lock has moved,
   * `silence` when nothing happened for so long that one should look at the owner.
   */
  next(timeoutMs: number, signal?: AbortSignal): Promise<'turn' | 'silence'>;
  leave(): void;
}

/** Takes a place at the end of the line. */
export function lineUp(lockPath: string, identity: ProcessIdentity): Place {
  const folder = dirname(lockPath);
  const time = String(Math.round((performance.timeOrigin + performance.now()) * 1_000)).padStart(17, '0');
  const ticket = `${prefixOf(lockPath)}${time}-${identity.pid}-${identity.start.replaceAll(/\W/g, '')}-${randomBytes(4).toString('hex')}`;
  quietly(() => writeFileSync(join(folder, ticket), ''));
  let watched: string | undefined;
  let wake: FolderWake | undefined;
  let isFirst = false;

  return {
    async next(timeoutMs, signal) {
      for (;;) {
        // Who is first remains so.
        const ahead = isFirst ? undefined : ticketAhead();
        isFirst = ahead === undefined;
        const subject = ahead ?? basename(lockPath);
        if (wake === undefined || subject !== watched) {
          wake?.close();
          wake =
            ahead === undefined
              ? wakeOn(folder, (entry) => entry === subject)
              : wakeOn(join(folder, ahead), () => true);
          watched = subject;
          // What happened before the watch was set is not told: look once more.
          if (ahead === undefined) return 'turn';
          continue;
        }
        if (await wake.next(timeoutMs, signal)) {
          if (ahead === undefined) return 'turn';
          continue;
        }
        if (ahead !== undefined) await dropDeadTicket(join(folder, ahead));
        return 'silence';
      }
    },
    leave() {
      wake?.close();
      quietly(() => unlinkSync(join(folder, ticket)));
    },
  };

  function ticketAhead(): string | undefined {
    return ticketsOf(lockPath).findLast((each) => each < ticket);
  }
}

/** Whether anybody stands in line before this lock. */
export function isAwaited(lockPath: string): boolean {
  return ticketsOf(lockPath).length > 0;
}

function ticketsOf(lockPath: string): string[] {
  const prefix = prefixOf(lockPath);
  const folder = dirname(lockPath);
  const entries = existsSync(folder) ? readdirSync(folder) : [];
  return entries.filter((entry) => entry.startsWith(prefix)).toSorted();
}

function prefixOf(lockPath: string): string {
  return `${basename(lockPath)}.wait-`;
}

/**
 * Removes the ticket of a process that died while it waited. One of another container may be taken for dead: its owner
 * loses its place in the line, and nothing else.
 */
export async function dropDeadTicket(ticket: string): Promise<void> {
  const [, pid, start] = /\.wait-\d+-(\d+)-(\w+)-\w+$/.exec(ticket) ?? [];
  if (pid === undefined || start === undefined) return;
  const owner = { ...(await currentProcess()), pid: Number(pid), start };
  if ((await livenessOf(owner)).state === 'dead') quietly(() => unlinkSync(ticket));
}

/** For tickets, of which none matters. */
function quietly(change: () => void): void {
  try {
    change();
  } catch {
    // Without its ticket a process waits all the same, only less orderly.
  }
}
