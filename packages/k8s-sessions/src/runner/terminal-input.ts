import { writeSync } from 'node:fs';

/** What is typed, on its way to a program that may not read. */
export interface TerminalInput {
  /** Takes all of it; whoever types waits for {@link drained}. */
  write(data: Uint8Array): void;
  /** Resolves when less than the mark waits, or the terminal is gone. */
  drained(): Promise<void>;
  /** Drops what waits; before the descriptor is closed. */
  close(): void;
}

/** Bytes that may wait before whoever types is held back. */
const inputMarkBytes = 65_536;
/** A terminal that takes nothing is tried again at the next turns of the event loop, then with the clock. */
const eagerTurns = 64;
const pauseMs = 2;

/**
 * Writes to the non-blocking descriptor of a terminal. libuv sets a terminal's master side to blocking writes
 * (`UV_HANDLE_BLOCKING_WRITES` in its `src/unix/tty.c`), and would hold the whole runner while a program reads nothing.
 */
export function createTerminalInput(descriptor: number): TerminalInput {
  const queue: Uint8Array[] = [];
  const waiters = new Set<() => void>();
  let waiting = 0;
  let turns = 0;
  let turn: NodeJS.Immediate | undefined;
  let pause: NodeJS.Timeout | undefined;
  let closed = false;

  const wake = (): void => {
    if (waiting > inputMarkBytes) return;
    for (const resolve of waiters) resolve();
    waiters.clear();
  };

  const pump = (): void => {
    turn = undefined;
    pause = undefined;
    while (queue.length > 0 && writeOne()) turns = 0;
    wake();
    if (queue.length === 0) return;
    turns += 1;
    if (turns <= eagerTurns) turn = setImmediate(pump);
    else pause = setTimeout(pump, pauseMs);
  };

  const writeOne = (): boolean => {
    const first = queue[0]!;
    let written: number;
    try {
      written = writeSync(descriptor, first);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') close();
      return false;
    }
    waiting -= written;
    if (written === first.length) queue.shift();
    else queue[0] = first.subarray(written);
    return true;
  };

  const close = (): void => {
    closed = true;
    queue.length = 0;
    waiting = 0;
    clearImmediate(turn);
    clearTimeout(pause);
    wake();
  };

  return {
    write(data) {
      if (closed || data.length === 0) return;
      queue.push(Uint8Array.from(data));
      waiting += data.length;
      if (turn === undefined && pause === undefined) pump();
    },
    drained: async () => {
      if (waiting <= inputMarkBytes) return;
      await new Promise<void>((resolve) => waiters.add(resolve));
    },
    close,
  };
}
