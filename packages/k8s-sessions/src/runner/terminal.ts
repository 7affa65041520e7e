import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { constants as systemConstants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { IPty, spawn as spawnPty } from '@lydell/node-pty';
import { SessionsError } from '../errors.js';
import type { TerminalSize } from '../protocol/types.js';
import { foregroundOf, holdersOf, startOf } from './left-behind.js';
import { createTerminalInput, type TerminalInput } from './terminal-input.js';

/** What is started on a terminal. */
export interface TerminalOptions {
  /** A program and its arguments. One that is not there ends with 127, one that cannot be run with 126. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly size: TerminalSize;
  /** Bytes the program wrote: all of them, in order. */
  readonly onOutput: (data: Uint8Array) => void;
  /** Milliseconds that processes left behind may keep the terminal after the program ended. Default 2,000. */
  readonly leftBehindMs?: number;
}

/** How a program ended. One of `code` and `signal` is null. */
export interface TerminalEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Processes that still held the terminal when the wait for them was over; they were killed. */
  readonly leftBehind: number;
}

/** A program on a pseudo-terminal of its own. */
export interface Terminal {
  readonly pid: number;
  /** Resolves when the program ended and the last of its bytes was given to `onOutput`. */
  readonly ended: Promise<TerminalEnd>;
  readonly input: TerminalInput;
  resize(size: TerminalSize): void;
  /** Takes no more output until {@link resume}, or the end: the program is held as soon as the terminal is full. */
  pause(): void;
  resume(): void;
  /** Signals the foreground process group, as a key would. Nothing there is no error. */
  signal(name: NodeJS.Signals): void;
  /** Signals the whole session: what the program started, too. */
  signalAll(name: NodeJS.Signals): void;
}

/** How often those left behind are looked for. */
const lookEveryMs = 20;
/** A terminal that takes no mark is stopped (Ctrl-S): tried again with the clock, and started anew (Ctrl-Q). */
const markEveryMs = 5;
const startOutput = 0x11;

/**
 * Starts a program on a new pseudo-terminal, and loses nothing of what it writes.
 *
 * A reader of a terminal cannot tell its end: libuv takes a hang-up after a short read for the end of the data, and drops
 * what the kernel still holds. So the runner keeps the terminal's other side open itself, and when the program is over
 * writes a random mark there, behind all that was written. What stands before the mark is the output; the mark is the
 * only end. It is never in reach of the program, so no program can feign its own end.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` when there is no such folder.
 */
export async function startTerminal(options: TerminalOptions): Promise<Terminal> {
  const { argv, env, folder, size } = options;
  try {
    // The library tells of a folder that cannot be entered as of a program that ended.
    await access(folder, constants.X_OK);
  } catch (cause) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `The folder ${folder} cannot be entered.`, { cause });
  }
  const { spawn } = await loadTerminals();
  const pty = spawn('/bin/sh', ['-c', 'exec "$@"', 'sh', ...argv], {
    name: env['TERM'] ?? 'xterm-256color',
    cols: size.cols,
    rows: size.rows,
    cwd: folder,
    env: { ...env },
    encoding: null,
  }) as Opened;
  return attach(pty, options);
}

/** Loads what terminals are opened with; whoever has to wait anyway does it before. */
export async function loadTerminals(): Promise<{ readonly spawn: typeof spawnPty }> {
  return await import('@lydell/node-pty');
}

/** What the library's type does not show: stream and descriptor of the master side, name of the other. */
type Opened = IPty & {
  readonly _socket: Socket;
  readonly fd: number;
  readonly ptsName: string;
  /** True: the library tells of an exit at once, and leaves the stream open; else it closes it 200 ms later, read or not. */
  _emittedClose: boolean;
};

function attach(pty: Opened, options: TerminalOptions): Terminal {
  const { leftBehindMs = 2000, onOutput } = options;
  // oxlint-disable-next-line no-underscore-dangle -- there is no public way to keep the stream open
  pty._emittedClose = true;
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  const otherSide = openSync(pty.ptsName, O_RDWR | O_NOCTTY | O_NONBLOCK);
  const led = { terminal: pty.ptsName, leader: pty.pid, since: startOf(pty.pid) };
  const mark = Buffer.from(`\0${randomBytes(24).toString('hex').toUpperCase()}`);
  const search = createMarkSearch(mark);
  const input = createTerminalInput(pty.fd);
  let open = true;
  let marked = false;

  const drained = new Promise<void>((resolve) => {
    // With `encoding: null` the library hands out buffers; its type says string.
    pty.onData((data) => {
      const found = marked ? search(data as unknown as Buffer) : { bytes: data as unknown as Buffer, end: false };
      if (found.bytes.length > 0) onOutput(found.bytes);
      if (found.end) resolve();
    });
  });
  const exited = new Promise<{ exitCode: number; signal?: number }>((resolve) => pty.onExit(resolve));

  /** Whether there was somebody to signal. */
  const kill = (pid: number, name: NodeJS.Signals): boolean => {
    try {
      return process.kill(pid, name);
    } catch {
      return false;
    }
  };
  /** Just forked, the program leads no group yet. */
  const killLed = (name: NodeJS.Signals): boolean => kill(-pty.pid, name) || kill(pty.pid, name);
  const killHolders = (name: NodeJS.Signals): readonly number[] => {
    const holders = holdersOf(led);
    for (const pid of holders) kill(pid, name);
    return holders;
  };

  const end = async (): Promise<TerminalEnd> => {
    const { exitCode, signal } = await exited;
    open = false;
    input.close();
    // What is left is little; held back any longer, it would hold back the end.
    pty.resume();
    const leftBehind = await waitForOthers();
    await writeMark();
    await drained;
    closeSync(otherSide);
    // oxlint-disable-next-line no-underscore-dangle -- nor one to close it
    pty._socket.destroy();
    return signal
      ? { code: null, signal: signalName(signal), leftBehind }
      : { code: exitCode, signal: null, leftBehind };
  };

  const waitForOthers = async (): Promise<number> => {
    const untilMs = performance.now() + leftBehindMs;
    while (holdersOf(led).length > 0) {
      if (performance.now() >= untilMs) return killHolders('SIGKILL').length;
      await delay(lookEveryMs);
    }
    return 0;
  };

  const writeMark = async (): Promise<void> => {
    marked = true;
    let at = 0;
    for (;;) {
      try {
        at += writeSync(otherSide, mark, at);
        if (at === mark.length) return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        // Full: the reader is held. Stopped by Ctrl-S: nobody is left to start it again.
        writeQuietly(pty.fd, startOutput);
        await delay(markEveryMs);
      }
    }
  };

  return {
    pid: pty.pid,
    ended: end(),
    input,
    resize: ({ cols, rows }) => {
      if (open) pty.resize(cols, rows);
    },
    pause: () => {
      if (open) pty.pause();
    },
    resume: () => pty.resume(),
    signal: (name) => {
      const group = foregroundOf(pty.pid);
      if (open && (group === undefined || !kill(-group, name))) killLed(name);
    },
    signalAll: (name) => {
      if (!open) return;
      // The leader's group at one stroke: a shell whose child went first would tell 128 + n instead of the signal.
      killLed(name);
      killHolders(name);
    },
  };
}

function writeQuietly(descriptor: number, byte: number): void {
  try {
    writeSync(descriptor, Uint8Array.of(byte));
  } catch {
    // Input is full as well: tried again with the mark.
  }
}

function signalName(number: number): string {
  const names = Object.entries(systemConstants.signals).filter(([, value]) => value === number);
  return names[0]?.[0] ?? `SIG${number}`;
}

/** Looks for the mark in a stream cut anywhere, and gives what comes before; what may be its beginning is held back. */
function createMarkSearch(mark: Buffer): (chunk: Buffer) => { readonly bytes: Buffer; readonly end: boolean } {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const at = data.indexOf(mark);
    if (at >= 0) return { bytes: data.subarray(0, at), end: true };
    let keep = Math.max(0, data.length - mark.length + 1);
    while (keep < data.length && !mark.subarray(0, data.length - keep).equals(data.subarray(keep))) keep += 1;
    held = data.subarray(keep);
    return { bytes: data.subarray(0, keep), end: false };
  };
}
