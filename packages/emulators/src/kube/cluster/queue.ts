/** Names of objects to look at, each once however often it was added, one after the other. */
export interface WorkQueue {
  add(key: string): void;
  /** Unless it comes up before, after this time. */
  addAfter(key: string, ms: number): void;
  close(): void;
}

/** Node's timers hold no more than 31 bits. */
const LONGEST_MS = 0x7fffffff;

/**
 * Work is done outside of the change that called for it, so that whoever watches hears of changes in their order.
 * A `work` that throws is a fault of the emulator and ends the program, as any uncaught error.
 */
export function createQueue(work: (key: string) => void): WorkQueue {
  const waiting = new Set<string>();
  const timers = new Map<string, NodeJS.Timeout>();
  let scheduled: NodeJS.Immediate | undefined;
  let isClosed = false;

  const run = (): void => {
    scheduled = undefined;
    const keys = [...waiting];
    waiting.clear();
    for (const key of keys) if (!isClosed) work(key);
  };
  const add = (key: string): void => {
    if (isClosed) return;
    waiting.add(key);
    scheduled ??= setImmediate(run);
  };
  return {
    add,
    addAfter: (key, ms) => {
      if (isClosed) return;
      clearTimeout(timers.get(key));
      const timer = setTimeout(
        () => {
          timers.delete(key);
          add(key);
        },
        Math.min(Math.max(ms, 0), LONGEST_MS),
      );
      timers.set(key, timer.unref());
    },
    close: () => {
      isClosed = true;
      clearImmediate(scheduled);
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
