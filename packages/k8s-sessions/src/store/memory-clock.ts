import type { Clock } from '../controller/ports.js';

/** A clock that stands still until it is moved: for tests of whatever takes a {@link Clock}. */
export interface MemoryClock extends Clock {
  /** Moves it on, and wakes whoever waited for less, the earliest first. */
  advance(ms: number): Promise<void>;
  /** How many wait. */
  readonly waiting: number;
}

/** Makes a clock that only moves when it is told to. */
export function createMemoryClock(startMs = 0): MemoryClock {
  let nowMs = startMs;
  const waits = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    nowMs: () => nowMs,
    get waiting() {
      return waits.size;
    },
    wait(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) return resolve();
        const wake = (): void => {
          waits.delete(wait);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const wait = { atMs: nowMs + ms, wake };
        signal?.addEventListener('abort', wake);
        waits.add(wait);
        signal?.addEventListener('abort', wait.wake);
      });
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...waits].filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
        if (!next) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        // What was woken may wait again for a time that is past as well.
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = untilMs;
    },
  };
}
