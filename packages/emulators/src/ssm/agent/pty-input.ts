import { writeSync } from 'node:fs';

/** How input reaches a terminal. */
export interface PtyInputOptions {
  readonly descriptor: number;
  /** Asked before every write: a closed descriptor may be another file's by then. */
  readonly isOpen: () => boolean;
  /** Input may be written again after {@link PtyInput.write} answered `false`. */
  readonly onDrain: () => void;
}

/** What is typed on a terminal, on its way to the program. */
export interface PtyInput {
  /** Queues bytes. `false`: more than the mark wait for the program to read; wait for `onDrain`. */
  write(bytes: Uint8Array): boolean;
  /** Drops what waits. To be called before the descriptor is closed. */
  close(): void;
}

const highWaterBytes = 65_536;
/** A full terminal is tried again at the next turns of the event loop, then at every tick of the clock. */
const eagerTries = 64;
const pauseMs = 1;

/**
 * Writes to the non-blocking descriptor of a terminal.
 *
 * The terminal library's own stream spins inside libuv while a program does not read its input
 * (`UV_HANDLE_BLOCKING_WRITES`, which libuv sets for pty masters), and stops the whole process until it does.
 */
export function createPtyInput(options: PtyInputOptions): PtyInput {
  const { descriptor, isOpen, onDrain } = options;
  let queue: Uint8Array[] = [];
  let waiting = 0;
  let tries = 0;
  let turn: NodeJS.Immediate | undefined;
  let pause: NodeJS.Timeout | undefined;
  let closed = false;

  const pump = (): void => {
    turn = undefined;
    pause = undefined;
    if (!isOpen()) close();
    const wasHigh = waiting > highWaterBytes;
    while (queue.length > 0 && writeOne()) tries = 0;
    if (wasHigh && waiting <= highWaterBytes) onDrain();
    if (queue.length === 0) return;
    tries += 1;
    if (tries <= eagerTries) turn = setImmediate(pump);
    else pause = setTimeout(pump, pauseMs);
  };

  /** Whether the terminal took something. */
  const writeOne = (): boolean => {
    const [first] = queue as [Uint8Array];
    let written: number;
    try {
      written = writeSync(descriptor, first);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      // The terminal is gone: nobody will read the rest.
      close();
      return false;
    }
    waiting -= written;
    if (written === first.length) queue.shift();
    else queue[0] = first.subarray(written);
    return true;
  };

  const close = (): void => {
    closed = true;
    queue = [];
    waiting = 0;
    clearImmediate(turn);
    clearTimeout(pause);
  };

  return {
    write: (bytes) => {
      if (closed || bytes.length === 0) return true;
      queue.push(bytes);
      waiting += bytes.length;
      if (turn === undefined && pause === undefined) pump();
      return waiting <= highWaterBytes;
    },
    close,
  };
}
