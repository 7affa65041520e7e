import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { EnteredCommand } from '../../ssm/agent/plugin.js';
import type { Stream } from '../logs/stream.js';
import type { EmulatedImage } from '../types.js';
import { carryOutput } from './awslogs.js';
import {
  containerPath,
  containerScript,
  enterScript,
  namespaceWords,
  type Isolation,
  type Mount,
} from './isolation.js';
import { findUser, missingProgram, prepareRoot } from './root.js';

/** What a container is made of. */
export interface ContainerOrder {
  readonly image: EmulatedImage;
  /** A folder of its own, empty. */
  readonly folder: string;
  readonly mounts: readonly Mount[];
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string | undefined;
  readonly user: string | undefined;
  readonly readOnlyRoot: boolean;
  readonly initProcess: boolean;
  readonly isolation: Isolation;
  /** Where its output goes; nowhere when missing. */
  readonly stream: Stream | undefined;
  nowMs(): number;
}

/** A running container. */
export interface RunningContainer {
  /** Settles when it has ended and all its output was taken: 128 + n for signal n. */
  readonly ended: Promise<number>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** What runs a command inside. */
  enter(command: readonly string[]): EnteredCommand;
}

type ContainerEnvironment = Readonly<Record<string, string>> & { readonly PATH: string };

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts a container. @throws Error with the words a container runtime has for it, when it cannot be started */
export async function startContainer(order: ContainerOrder): Promise<RunningContainer> {
  const words = [
    ...(order.entrypoint ?? order.image.entrypoint ?? []),
    // An entry point of one's own takes the image's command away.
    ...(order.command ?? (order.entrypoint === undefined ? (order.image.command ?? []) : [])),
  ];
  if (words.length === 0) throw new Error('no command specified');
  const environment: ContainerEnvironment = { PATH: defaultPath, HOME: '/root', ...order.environment };
  return order.isolation === 'none'
    ? await startOnMachine(order, words, environment)
    : await startInNamespaces(order, words, environment);
}

async function startInNamespaces(
  order: ContainerOrder,
  words: readonly string[],
  environment: ContainerEnvironment,
): Promise<RunningContainer> {
  const root = join(order.folder, 'root');
  const mounts = await prepareRoot(root, order.image, order.mounts);
  const missing = await missingProgram(root, mounts, words[0]!, environment.PATH);
  if (missing !== undefined) {
    throw new Error(
      `failed to create task for container: failed to create shim task: OCI runtime create failed: ${missing}`,
    );
  }
  const script = containerScript({
    root,
    mounts,
    directory: order.directory ?? '/',
    user: await findUser(order.image.root === undefined ? '/' : root, order.user ?? order.image.user),
    readOnlyRoot: order.readOnlyRoot,
    initProcess: order.initProcess,
  });
  const passed = { ...environment, PATH: machinePath(), [containerPath]: environment.PATH };
  const [program, ...isolating] = namespaceWords();
  const child = spawn(program, [...isolating, '/bin/sh', '-c', script, 'container', ...words], {
    cwd: '/',
    env: passed,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const ended = follow(child, order);
  const pid = await announcedPid(child.stdio[3] as Readable);
  return {
    ended,
    signal: (name) => {
      // Killing the first process of a namespace ends all the others; `unshare` kills it when it is killed itself.
      if (name === 'SIGKILL') child.kill('SIGKILL');
      else if (pid !== undefined) send(pid, name);
    },
    enter: (command) => ({
      command: ['/bin/sh', '-c', enterScript(pid), 'enter', ...command],
      environment: { ...passed, TERM: 'xterm-256color' },
    }),
  };
}

/** Where this machine's administrators' programs are, which not everybody has on PATH. */
function machinePath(): string {
  return `${process.env['PATH'] ?? ''}:${defaultPath}`;
}

/** Without namespaces only what needs no files of its own can be run. */
async function startOnMachine(
  order: ContainerOrder,
  words: readonly string[],
  environment: ContainerEnvironment,
): Promise<RunningContainer> {
  if (order.image.root !== undefined || order.mounts.length > 0) {
    throw new Error('this machine lets the emulator make no namespaces: containers have no volumes and no root here');
  }
  const [program = '', ...args] = words;
  const child = spawn(program, args, {
    ...(order.directory === undefined ? {} : { cwd: order.directory }),
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = follow(child, order);
  await once(child, 'spawn');
  return {
    ended,
    signal: (name) => send(-child.pid!, name),
    enter: (command) => ({ command, environment: { ...environment, TERM: 'xterm-256color' } }),
  };
}

async function follow(child: ChildProcess, order: ContainerOrder): Promise<number> {
  const exit = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
  await Promise.all([
    carryOutput(child.stdout!, order.stream, () => order.nowMs()),
    carryOutput(child.stderr!, order.stream, () => order.nowMs()),
  ]);
  return await exit;
}

/** Which process of this machine the container's signals go to. */
async function announcedPid(announcement: Readable): Promise<number | undefined> {
  let text = '';
  for await (const chunk of announcement as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (text.includes('\n')) break;
  }
  announcement.destroy();
  return text.includes('\n') ? Number(text) : undefined;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime.
  }
}
