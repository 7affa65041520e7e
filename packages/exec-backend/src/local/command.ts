import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as os } from 'node:os';
import type { LogWriter } from '../logs/writer.js';
import type { Launch } from './launch.js';
import { processesOf, signalExecution, signalProcess } from './processes.js';

/** How long what a command left running may still write, and how long it then has after TERM. */
const LINGER_MS = 2_000;

/** How a command ended. */
export interface CommandEnd {
  /** 128 and the signal's number when a signal ended it. */
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
}

/** A command that runs. */
export interface RunningCommand {
  readonly pid: number;
  /** After all it wrote is in the log, and all it left running is gone. */
  readonly ended: Promise<CommandEnd>;
  /** Sends a signal to everything that it started. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/**
 * Starts a command in a session and process group of its own, both outputs into one pipe, so that their order is the
 * order of writing.
 *
 * @param pipe - path of a named pipe, which is taken away: a socket pair, as Node makes it, could not be opened anew by
 *   its name, and `echo hello > /dev/stderr` fails there
 */
export async function startCommand(options: {
  readonly launch: Launch;
  readonly executionId: string;
  readonly pipe: string;
  readonly log: LogWriter;
}): Promise<RunningCommand> {
  const { launch, executionId, pipe, log } = options;
  const output = openPipe(pipe);
  let child: ChildProcess;
  try {
    child = spawn(launch.file, launch.args, {
      cwd: launch.cwd,
      env: launch.env,
      detached: true,
      stdio: ['ignore', output.writer, output.writer, ...(launch.hiddenArgs ? (['pipe'] as const) : [])],
    });
  } finally {
    closeSync(output.writer);
  }
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const drained = drain(output.reader, log);
  try {
    await once(child, 'spawn');
  } catch (error) {
    exited.catch(() => undefined);
    output.reader.destroy();
    throw error;
  }
  if (launch.hiddenArgs) {
    (child.stdio[3] as Socket).on('error', () => undefined).end(launch.hiddenArgs);
  }
  const pid = child.pid ?? 0;
  return { pid, ended: end(), signal };

  function signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (launch.container !== undefined) killContainer(launch, name);
    // Whoever keeps the command apart must not be ended before it: with it everything would be.
    const reachesGroup = (launch.hiddenArgs === undefined || name === 'SIGKILL') && signalProcess(-pid, name);
    signalExecution(executionId, name, reachesGroup ? pid : undefined);
  }

  async function end(): Promise<CommandEnd> {
    const [code, name] = await exited;
    let isDrained = await within(drained, LINGER_MS);
    // What waits for room on a full disk is not lost: as long as it waits, so do we.
    while (!isDrained && log.room !== undefined) {
      await log.room;
      isDrained = await within(drained, LINGER_MS);
    }
    if (!isDrained || processesOf(executionId).length > 0 || signalProcess(-pid, 0)) {
      signal('SIGTERM');
      if (isDrained) await gone(executionId);
      else isDrained = await within(drained, LINGER_MS);
      signal('SIGKILL');
    }
    if (!isDrained) await within(drained, LINGER_MS);
    output.reader.destroy();
    return name === null ? { exitCode: code ?? 0 } : { exitCode: 128 + (os.signals[name] ?? 0), signal: name };
  }
}

function openPipe(path: string): { readonly reader: Socket; readonly writer: number } {
  // Without O_NONBLOCK either call would wait for the other.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return { reader: new Socket({ fd, readable: true, writable: false }), writer };
}

/** Moves everything into the log; resolves when nobody can write any more. */
async function drain(reader: Socket, log: LogWriter): Promise<void> {
  reader.on('data', (chunk: Buffer) => {
    const room = log.append(chunk, Date.now());
    if (room === undefined) return;
    reader.pause();
    void room.then(() => reader.resume());
  });
  await new Promise((resolve) => reader.once('close', resolve).once('error', resolve));
}

/** Waits for processes that were asked to end, which the system does not announce. */
async function gone(executionId: string): Promise<void> {
  for (let waited = 0; waited < LINGER_MS && processesOf(executionId).length > 0; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function within(event: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      event.then(() => true),
      new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function killContainer({ file, container, env }: Launch, signal: string): void {
  const args = ['kill', '--signal', signal, container?.name ?? ''];
  spawn(file, args, { env, stdio: 'ignore' }).on('error', () => undefined);
}
