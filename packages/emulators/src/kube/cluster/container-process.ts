import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { createPodLog, type PodLog } from './pod-log.js';

/** How a container ended, as a kubelet reports it. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly reason: 'Completed' | 'Error' | 'OOMKilled' | 'StartError';
  readonly message?: string;
}

/** A container: one program of this machine, and all that it starts. */
export interface ContainerProcess {
  readonly pid: number | undefined;
  readonly log: PodLog;
  /** Settles when the program has ended and nothing of it is left. */
  readonly ended: Promise<ContainerEnd>;
  /** To the program alone, as a kubelet does it. */
  signal(signal: NodeJS.Signals): void;
  /** All of it, at once; `reason` is then how it ended. */
  kill(reason?: ContainerEnd['reason']): void;
}

/** Told to each process of a container, so that none is forgotten when it ends. */
const mark = 'HAWSER_EMULATED_CONTAINER';

/** Signals that end a process without its doing: 128 and the number is the exit status that a runtime reports. */
const numbers = constants.signals as Readonly<Record<string, number>>;

export function startContainer(options: {
  readonly id: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}): ContainerProcess {
  const log = createPodLog();
  const [file = '', ...args] = options.command;
  const env = { ...options.env, [mark]: options.id };
  const child = spawn(file, args, { cwd: options.cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  log.take(child.stdout);
  log.take(child.stderr);
  let wanted: ContainerEnd['reason'] | undefined;
  const ended = new Promise<ContainerEnd>((resolve) => {
    child.on('error', (error) => {
      resolve({ exitCode: 128, reason: 'StartError', message: error.message });
    });
    child.on('exit', (code, signal) => {
      // With the first process of a container all others end.
      void killMarked(options.id).then(() => {
        const exitCode = code ?? 128 + (numbers[signal ?? ''] ?? 0);
        resolve({ exitCode, reason: wanted ?? (exitCode === 0 ? 'Completed' : 'Error') });
      });
    });
  }).then(async (end) => {
    await drained(child);
    log.end();
    return end;
  });
  const send = (pid: number | undefined, signal: NodeJS.Signals): void => {
    if (pid !== undefined && child.exitCode === null && child.signalCode === null) kill(pid, signal);
  };
  return {
    pid: child.pid,
    log,
    ended,
    signal: (signal) => send(child.pid, signal),
    kill: (reason) => {
      wanted ??= reason;
      send(child.pid === undefined ? undefined : -child.pid, 'SIGKILL');
    },
  };
}

/** Output that was on its way when the program ended. */
async function drained(child: ReturnType<typeof spawn>): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  await Promise.all(
    streams.map(
      (stream) => new Promise((resolve) => (stream.closed ? resolve(undefined) : stream.once('close', resolve))),
    ),
  );
}

/** Processes that have made sessions of their own are known by their environment; where there is no `/proc`, only the group ends. */
async function killMarked(id: string): Promise<void> {
  const needle = `${mark}=${id}`;
  for (;;) {
    const entries = await readdir('/proc').catch(() => [] as string[]);
    const found = await Promise.all(
      entries
        .filter((entry) => /^\d+$/.test(entry))
        .map(async (entry) => {
          const environ = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
          return environ.split('\0').includes(needle) ? Number(entry) : undefined;
        }),
    );
    const left = found.filter((pid) => pid !== undefined && pid !== process.pid);
    // A process may have forked while it was looked for: until a look finds nothing.
    if (left.length === 0) return;
    for (const pid of left) kill(pid as number, 'SIGKILL');
  }
}

/** A process that is gone has got what it was sent. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
