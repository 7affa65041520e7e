import { randomBytes } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { IPty } from '@lydell/node-pty';
import { createDeferred } from './deferred.js';
import { createPtyInput } from './pty-input.js';

/** How a program is started on a pseudo terminal. */
export interface PtyOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** Bytes the program wrote, in order, none missing. */
  readonly onData: (bytes: Buffer) => void;
  /** The program ended and everything it wrote has been handed to {@link PtyOptions.onData}. 128 + n for signal n. */
  readonly onExit: (exitCode: number) => void;
  /** Input may be written again after {@link Pty.write} answered `false`. */
  readonly onDrain: () => void;
}

/** A program on a pseudo terminal. */
export interface Pty {
  /** `false`: more than 64 KiB wait for the program to read; hold further input until `onDrain`. */
  write(bytes: Uint8Array): boolean;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
  /** Hangs up, as when a terminal window is closed. Resolves when the program's session leader is gone. */
  kill(): Promise<void>;
}

/**
 * Runs `"$@"` and then says so on the terminal itself, behind everything the program wrote, and stays until killed.
 *
 * When a session leader ends, Linux hangs its terminal up and throws away what nobody has read yet; every PTY library
 * loses the tail of the output that way. So the leader is this script, which ends only after its parent has read the
 * mark. The traps keep it alive through keys typed at the terminal (a shell resets them in the program it starts); a
 * hang-up still ends it, so that nothing outlives an emulator that was killed.
 */
const supervisor = (mark: string): string => `trap : INT QUIT TSTP
exec 3>&2 2>/dev/null
(exec "$@" 2>&3 3>&-)
code=$?
trap '' INT QUIT TSTP TTIN TTOU
printf '\\000${mark}%03d' "$code"
exec sleep 2147483647`;

/** Starts a program on a new pseudo terminal of 80 × 24. @throws Error when there is no terminal or no shell to be had */
export async function spawnPty(options: PtyOptions): Promise<Pty> {
  if (options.directory !== undefined) await enterable(options.directory);
  const { spawn } = await import('@lydell/node-pty');
  const mark = randomBytes(16).toString('hex').toUpperCase();
  const terminal = spawn('/bin/sh', ['-c', supervisor(mark), 'hawser-emulator', ...options.command], {
    name: 'xterm-256color',
    cols: 80,
    rows: 24,
    encoding: null,
    env: { ...options.environment },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  return attach(terminal, mark, options);
}

/** The library reports a folder that cannot be entered as a program that ended. */
async function enterable(directory: string): Promise<void> {
  try {
    await access(directory, constants.X_OK);
  } catch (error) {
    throw new Error(`Failed to start pty: chdir ${directory}: no such file or directory`, { cause: error });
  }
}

function attach(terminal: IPty, mark: string, options: PtyOptions): Pty {
  const search = createMarkSearch(mark);
  const { promise: gone, settle } = createDeferred<void>();
  let ended = false;
  const end = (exitCode: number): void => {
    if (ended) return;
    ended = true;
    input.close();
    terminal.kill('SIGKILL');
    options.onExit(exitCode);
  };
  // With `encoding: null` the library hands out buffers; its type says string.
  terminal.onData((data) => {
    if (ended) return;
    const { bytes, exitCode } = search(data as unknown as Buffer);
    if (bytes.length > 0) options.onData(bytes);
    if (exitCode !== undefined) end(exitCode);
  });
  // Only when the supervisor itself was killed: there is no mark, and nothing more to read.
  terminal.onExit(({ exitCode, signal }) => {
    end(signal ? 128 + signal : exitCode);
    settle();
  });
  // Its type does not show the library's stream and descriptor.
  const { _socket: socket, fd } = terminal as unknown as { readonly _socket: Socket; readonly fd: number };
  const input = createPtyInput({ descriptor: fd, isOpen: () => !socket.destroyed, onDrain: options.onDrain });
  return {
    write: (bytes) => ended || input.write(bytes),
    resize: (columns, rows) => {
      if (!ended && !socket.destroyed) terminal.resize(columns, rows);
    },
    pause: () => terminal.pause(),
    resume: () => terminal.resume(),
    kill: () => {
      ended = true;
      input.close();
      terminal.kill('SIGKILL');
      socket.destroy();
      return gone;
    },
  };
}

/**
 * Looks for NUL, the mark and three digits in a stream cut anywhere, and answers what comes before.
 * Bytes that might begin the mark are held back until the next chunk decides.
 */
function createMarkSearch(mark: string): (chunk: Buffer) => { bytes: Buffer; exitCode?: number } {
  const whole = Buffer.from(`\0${mark}`);
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const at = data.indexOf(whole);
    if (at >= 0 && data.length >= at + whole.length + 3) {
      const exitCode = Number(data.toString('latin1', at + whole.length, at + whole.length + 3));
      return { bytes: data.subarray(0, at), exitCode };
    }
    const keep = at >= 0 ? at : beginOfPartial(data, whole);
    held = data.subarray(keep);
    return { bytes: data.subarray(0, keep) };
  };
}

function beginOfPartial(data: Buffer, whole: Buffer): number {
  for (let at = Math.max(0, data.length - whole.length + 1); at < data.length; at += 1) {
    if (data[at] === 0 && whole.subarray(0, data.length - at).equals(data.subarray(at))) return at;
  }
  return data.length;
}
