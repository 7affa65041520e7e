import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { isEnd } from '@hawser/exec-client/contract';
import { acquireLock, type HeldLock } from '@hawser/state-store/files';
import { partitions, Records } from '../core/records.js';
import type { OpenedBackend } from './open.js';
import type { Places } from './places.js';
import { attemptsIn } from './runner.js';

/** However quiet it is, one looks this often: not everything that matters is announced. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Waits where executions stand in queues, or are to be tried again, and nobody else looks: wakes when a lock or an execution changes and when a
 * supervisor ends, killed or not, and lets the service look at everything. There is one such process; it leaves when nobody waits any more.
 */
export async function watchQueues({ backend, store, places }: OpenedBackend): Promise<void> {
  const records = new Records(store);
  const lives = new Map<string, Socket>();
  let seat = await takeSeat(places);
  try {
    while (seat !== undefined) {
      const woken = new AbortController();
      const waits = { timeoutMs: LOOK_AGAIN_MS, signal: woken.signal };
      const changes = [partitions.locks, partitions.executions].map((partition) =>
        Promise.resolve(store.changed?.(partition, waits)),
      );
      const changed = Promise.race(changes).finally(() => woken.abort());
      listenForEnds(lives, places, () => woken.abort());
      await backend.sweep();
      if (await somebodyWaits(records)) {
        await changed;
        continue;
      }
      woken.abort();
      await changed;
      seat.release();
      // Whoever begins to wait from here on finds the seat empty; who began before is seen now.
      seat = (await somebodyWaits(records)) ? await takeSeat(places) : undefined;
    }
  } finally {
    seat?.release();
    for (const life of lives.values()) life.destroy();
    await backend.close();
  }
}

/** `undefined` when another process waits already. */
async function takeSeat({ waiter }: Places): Promise<HeldLock | undefined> {
  try {
    return await acquireLock({ path: waiter, subject: 'the queues', tool: 'hawser exec', timeoutMs: 0 });
  } catch (error) {
    if ((error as { code?: string }).code === 'HAWSER_STATE_LOCKED') return undefined;
    throw error;
  }
}

/** For a lock, or for the time of another attempt: all others have a supervisor that looks after them. */
async function somebodyWaits(records: Records): Promise<boolean> {
  for await (const { key } of records.open()) {
    const execution = (await records.load(key))?.execution;
    if (execution && execution.task === undefined && !isEnd(execution.phase)) return true;
  }
  return false;
}

/** Every supervisor holds the other end of a pipe, which the system closes for it however it ends. */
function listenForEnds(lives: Map<string, Socket>, places: Places, wake: () => void): void {
  for (const { alive } of attemptsIn(places)) {
    if (lives.has(alive)) continue;
    let fd: number;
    try {
      fd = openSync(alive, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      continue; // Over, or not begun.
    }
    const life = new Socket({ fd, readable: true, writable: false });
    lives.set(alive, life);
    life.resume().once('close', () => {
      lives.delete(alive);
      wake();
    });
    life.on('error', () => undefined);
  }
}
