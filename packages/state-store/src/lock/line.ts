import { randomBytes } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ignoreMissing } from '../atomic-write.js';
import { withDescriptor } from '../descriptor.js';
import { wakeOn, type FolderWake } from '../folder-wake.js';
import { currentProcess, type ProcessIdentity } from '../process/identity.js';
import { livenessOf } from '../process/liveness.js';

// Those that wait for a lock stand in line: each has a ticket, an empty file named after the time it came, and watches
// only the ticket before its own, so that a release wakes one process and not all. The line gives no rights: what
// decides is who makes the lock. So nothing depends on clocks, or on tickets that are lost or left behind.

/** A place in the line before a lock. */
export interface Place {
  /**
   * Waits until it is worth trying to take the lock: `turn` when this place is the first and the lock has moved,
   * `silence` when nothing happened for so long that one should look at the owner.
   */
  next(timeoutMs: number, signal?: AbortSignal): Promise<'turn' | 'silence'>;
  leave(): Promise<void>;
}

/** Takes a place at the end of the line. */
export async function lineUp(lockPath: string, identity: ProcessIdentity): Promise<Place> {
  const folder = dirname(lockPath);
  const time = String(Date.now()).padStart(15, '0');
  const ticket = `${prefixOf(lockPath)}${time}-${identity.pid}-${identity.start.replaceAll(/\W/g, '')}-${randomBytes(4).toString('hex')}`;
  // On a full disk there are no tickets: one waits all the same, only less orderly.
  await withDescriptor(join(folder, ticket), { flags: 'wx' }, () => Promise.resolve()).catch(() => undefined);
  let watched: string | undefined;
  let wake: FolderWake | undefined;
  let isFirst = false;

  return {
    async next(timeoutMs, signal) {
      for (;;) {
        // Who is first remains so.
        const ahead = isFirst ? undefined : await ticketAhead();
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
    async leave() {
      wake?.close();
      await unlink(join(folder, ticket)).catch(ignoreMissing);
    },
  };

  async function ticketAhead(): Promise<string | undefined> {
    const tickets = await ticketsOf(lockPath);
    return tickets.findLast((each) => each < ticket);
  }
}

/** Whether anybody stands in line before this lock. */
export async function isAwaited(lockPath: string): Promise<boolean> {
  return (await ticketsOf(lockPath)).length > 0;
}

async function ticketsOf(lockPath: string): Promise<string[]> {
  const prefix = prefixOf(lockPath);
  const entries = await readdir(dirname(lockPath)).catch(() => []);
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
  if ((await livenessOf(owner)).state === 'dead') await unlink(ticket).catch(ignoreMissing);
}
