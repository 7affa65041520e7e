import { encodeExitCode, PayloadType } from '@hawser/ssm-channel/codec';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdtemp, open as openFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { processEnvironment } from './environment.js';
import { createByteQueue, createOutlet, type ByteQueue, type Outlet } from './outlet.js';
import { failed, type Plugin, type PluginContext, type PluginResult } from './plugin.js';
import { createPrefix } from './prefix.js';
import { splitWords } from './split-words.js';
import { createUtf8Quirk } from './utf8-quirk.js';
import { separatesOutput } from './versions.js';

/** The agent's bytes per message where it is not told otherwise. */
const pacedPayloadBytes = 1024;
/** An error of a command that did not start is told this long after its exit code. */
const errorDelayMs = 1000;
const queueHighWaterBytes = 262_144;
const success: PluginResult = { output: '', announces: true };

/**
 * NonInteractiveCommands: one command without terminal, input or shell. With `separateOutputStream` its two outputs
 * come as they are written, and its exit code; without, both come in one stream after it ended, and no exit code.
 *
 * @see amazon-ssm-agent agent/session/shell/shell.go (executeCommandsWithExec)
 */
export function createCommandPlugin(context: PluginContext): Plugin {
  const { behaviour, link, request } = context;
  const separate =
    /^true$/iu.test(request.properties['separateOutputStream'] ?? '') && separatesOutput(behaviour.version);
  const lanes: Lane[] = [];
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** A way to the client for one kind of output. */
  const openLane = (payloadType: number, prefix: string, paced: boolean): Lane => {
    const payloadBytes = (behaviour.paced ? pacedPayloadBytes : behaviour.payloadBytes) - prefix.length;
    const mark = createPrefix(prefix);
    const quirk = behaviour.quirks ? createUtf8Quirk() : undefined;
    const queue = createByteQueue(queueHighWaterBytes, () => lane.stream?.resume());
    const outlet = createOutlet({
      link,
      payloadType,
      payloadBytes,
      paced,
      source: queue,
      transform: (payload) => {
        const marked = mark(payload);
        const text = quirk ? quirk(marked) : marked;
        return text.length === 0 ? text : context.seal(text);
      },
    });
    const lane: Lane = { queue, outlet, stream: undefined };
    lanes.push(lane);
    return lane;
  };

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });

  const failToStart = async (exitCode: boolean, message: string): Promise<PluginResult> => {
    if (exitCode) link.sendData(PayloadType.ExitCode, context.seal(encodeExitCode(1)));
    if (behaviour.paced) await pause(errorDelayMs);
    link.sendData(PayloadType.StdErr, context.seal(Buffer.from(message)));
    return success;
  };

  const runSeparate = async (command: readonly string[]): Promise<PluginResult> => {
    const started = await start(context, command, 'pipe');
    if (typeof started === 'string') return failToStart(true, started);
    child = started.child;
    if (stopped) killGroup(child, 'SIGKILL');
    const out = openLane(PayloadType.Output, request.properties['stdOutSeparatorPrefix'] ?? '', false);
    const err = openLane(PayloadType.StdErr, request.properties['stdErrSeparatorPrefix'] ?? '', false);
    await Promise.all([carry(child.stdout!, out), carry(child.stderr!, err)]);
    link.sendData(PayloadType.ExitCode, context.seal(encodeExitCode(await started.exitCode)));
    return success;
  };

  const runJoined = async (command: readonly string[]): Promise<PluginResult> => {
    const file = await openUnnamedFile();
    try {
      const started = await start(context, command, file.fd);
      if (typeof started === 'string') return await failToStart(false, started);
      child = started.child;
      if (stopped) killGroup(child, 'SIGKILL');
      await started.exitCode;
      await carry(file.createReadStream({ start: 0 }), openLane(PayloadType.Output, '', behaviour.paced));
      return success;
    } finally {
      await file.close();
    }
  };

  return {
    run: async () => {
      let command: readonly string[];
      try {
        command = splitWords(request.properties['command'] ?? '');
      } catch (error) {
        return failToStart(false, `Unable to start command: ${(error as Error).message}\n`);
      }
      try {
        return await (separate ? runSeparate(command) : runJoined(command));
      } catch (error) {
        // Nothing of the command's: this machine had no file or no process to give.
        return failed((error as Error).message);
      }
    },
    input: (payloadType, payload) => {
      if (payloadType !== PayloadType.Output) return 'taken';
      context.received(payload);
      const control = payload.find((byte) => byte in controlSignals);
      if (control !== undefined && child !== undefined) killGroup(child, controlSignals[control]!);
      return 'taken';
    },
    writable: () => {
      for (const { outlet } of lanes) outlet.kick();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      // What a command left in the background may still hold its outputs when it has ended itself.
      const isHeld = lanes.some(({ stream }) => stream !== undefined && !stream.closed);
      for (const { outlet, stream } of lanes) {
        outlet.stop();
        stream?.destroy();
      }
      if (child === undefined) return;
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (!hasEnded || isHeld) killGroup(child, 'SIGKILL');
      if (!hasEnded) await once(child, 'exit');
    },
  };
}

/** One kind of output on its way to the client. */
interface Lane {
  readonly queue: ByteQueue;
  readonly outlet: Outlet;
  stream: Readable | undefined;
}

/** Reads a stream into a lane; resolves when all of it was sent. */
async function carry(stream: Readable, lane: Lane): Promise<void> {
  lane.stream = stream;
  stream.on('data', (bytes: Buffer) => {
    lane.queue.push(bytes);
    if (lane.queue.bytes > queueHighWaterBytes) stream.pause();
    lane.outlet.kick();
  });
  await once(stream, 'close');
  await lane.outlet.emptied();
}

const controlSignals: Readonly<Record<number, NodeJS.Signals>> = { 0x03: 'SIGINT', 0x1c: 'SIGQUIT' };

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // It ended in the meantime.
  }
}

/** Starts the command, or says in the agent's words why it cannot be. */
async function start(
  { behaviour }: PluginContext,
  [name, ...words]: readonly string[],
  output: 'pipe' | number,
): Promise<string | { readonly child: ChildProcess; readonly exitCode: Promise<number> }> {
  const environment = processEnvironment(behaviour.environment);
  const file = locate(name!, environment['PATH'] ?? '');
  if (file.fault !== undefined) return file.fault;
  const child = spawn(file.path, words, {
    argv0: name!,
    env: environment,
    detached: true,
    stdio: ['ignore', output, output],
    ...(behaviour.directory === undefined ? {} : { cwd: behaviour.directory }),
  });
  const exitCode = new Promise<number>((resolve) => {
    // The agent's runtime reports -1 for a command that a signal ended.
    child.once('exit', (code) => resolve(code ?? -1));
  });
  return new Promise((resolve) => {
    child.once('spawn', () => resolve({ child, exitCode }));
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve(`fork/exec ${file.path}: ${reasons[error.code ?? ''] ?? error.message}`);
    });
  });
}

/** A file that is gone as soon as nobody has it open any more. */
async function openUnnamedFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-emulator-'));
  try {
    return await openFile(join(folder, 'output'), 'ax+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'exec format error',
};

/** Finds a program as Go's os/exec does, and fails in its words. */
function locate(name: string, path: string): { readonly path: string; readonly fault?: string } {
  if (name.includes('/')) {
    const found = probe(name);
    return found === 'executable' ? { path: name } : { path: name, fault: `fork/exec ${name}: ${found}` };
  }
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder || '.', name);
    if (probe(candidate) === 'executable') return { path: candidate };
  }
  return { path: name, fault: `exec: ${JSON.stringify(name)}: executable file not found in $PATH` };
}

function probe(file: string): string {
  try {
    if (statSync(file).isDirectory()) return 'permission denied';
    accessSync(file, constants.X_OK);
    return 'executable';
  } catch (error) {
    return reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
  }
}
