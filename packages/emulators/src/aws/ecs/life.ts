import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { LogGroups } from '../logs/groups.js';
import type { Stream } from '../logs/stream.js';
import type { Parameters } from '../ssm/parameters.js';
import type { EmulatedImage } from '../types.js';
import type { World } from '../world.js';
import { startContainer } from './container.js';
import type { Isolation } from './isolation.js';
import type { Stop, Task, TaskContainer, TaskStatus } from './task.js';

/** What tasks live on. */
export interface LifeSetup {
  readonly world: World;
  readonly groups: LogGroups;
  readonly parameters: Parameters;
  readonly images: Readonly<Record<string, EmulatedImage>>;
  isolation(): Promise<Isolation>;
  /** What every container of the task has in its environment. */
  environmentOf(task: Task): Readonly<Record<string, string>>;
  /** A task changed in a way that EventBridge is told of. */
  changed(task: Task): void;
}

/** A task that lives. */
export interface Life {
  /** Begins its end; the first reason stays. */
  stop(stop: Stop): void;
  /** Settles when it has stopped and nothing of it is left running. */
  readonly ended: Promise<void>;
}

const essentialExited: Stop = { stopCode: 'EssentialContainerExited', reason: 'Essential container in task exited' };
const failedToStart = 'TaskFailedToStart';

/**
 * What a container that waited in vain is said to have exited with, although it never ran.
 *
 * @see amazon-ecs-agent agent/engine/task_manager.go (handleTerminalDependencyError)
 */
const neverStartedExitCode = 143;

/** Lets a task live: pulls, containers in the order of what they depend on, and its end. */
export function live(setup: LifeSetup, task: Task): Life {
  const stopping = new AbortController();
  const signal = stopping.signal;
  const stop = (why: Stop): void => {
    if (signal.aborted) return;
    task.stop = why;
    task.desiredStatus = 'STOPPED';
    if (why.stopCode !== failedToStart) task.times.executionStoppedAt ??= setup.world.nowMs();
    stopping.abort();
  };
  const ended = (async () => {
    // RunTask answers before anything happens.
    await turn();
    try {
      const started = await begin(setup, task, signal);
      if (started !== undefined) {
        stop(started);
      } else {
        await runContainers(setup, task, signal, stop);
        stop(essentialExited);
      }
    } catch (error) {
      stop({ stopCode: failedToStart, reason: `The emulator could not run it: ${(error as Error).message}` });
    } finally {
      await end(setup, task);
    }
  })();
  return { stop, ended };
}

/** Until the images are there. Answers why it cannot go on, where it cannot. */
async function begin(setup: LifeSetup, task: Task, signal: AbortSignal): Promise<Stop | undefined> {
  const { world } = setup;
  if (signal.aborted) return undefined;
  task.times.connectivityAt = world.nowMs();
  move(setup, task, 'PENDING');
  await turn();
  task.times.pullStartedAt = world.nowMs();
  const stop = blockedBy(setup, task);
  if (stop !== undefined) return stop;
  task.times.pullStoppedAt = world.nowMs();
  for (const volume of task.definition.volumes) await mkdir(join(task.folder, 'volumes', volume), { recursive: true });
  return undefined;
}

/** What keeps a task from starting, in the words of ECS. */
function blockedBy(setup: LifeSetup, task: Task): Stop | undefined {
  const fail = (reason: string, container?: TaskContainer): Stop => {
    if (container !== undefined) container.reason = reason;
    return { stopCode: failedToStart, reason };
  };
  for (const container of task.containers) {
    const { image, log, secrets } = container.definition;
    const planned = setup.world.faults().taskFails?.[image];
    if (planned !== undefined) {
      if (planned.stopCode === failedToStart) container.reason = planned.reason;
      return planned;
    }
    if (setup.images[image] === undefined) {
      const name = `docker.io/library/${image}`;
      return fail(
        `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${name}: ${name}: not found`,
        container,
      );
    }
    const wanted = task.definition.input['runtimePlatform'] as { readonly cpuArchitecture?: string } | undefined;
    const has = setup.images[image].architecture;
    if (has !== undefined && has !== (wanted?.cpuArchitecture ?? 'X86_64')) {
      return fail(
        'CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain ' +
          `descriptor matching platform 'linux/${wanted?.cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64'}'`,
        container,
      );
    }
    const missing = Object.values(secrets).find((name) => setup.parameters.value(name) === undefined);
    if (missing !== undefined) {
      return fail(
        'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ' +
          `unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: ${missing}`,
      );
    }
    if (log !== undefined && !setup.groups.all.has(log.group) && !log.createGroup) {
      return fail(
        'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to ' +
          'create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
      );
    }
  }
  return undefined;
}

async function runContainers(
  setup: LifeSetup,
  task: Task,
  signal: AbortSignal,
  stop: (stop: Stop) => void,
): Promise<void> {
  const states = new Map(task.containers.map((one) => [one.definition.name, createState()]));
  await Promise.all(
    task.containers.map(async (container) => {
      const { name, dependsOn, essential } = container.definition;
      const state = states.get(name)!;
      const met = await Promise.all(
        dependsOn.map(async (on) => {
          const other = states.get(on.name)!;
          if (on.condition === 'START' || on.condition === 'HEALTHY') return await other.started;
          const exitCode = await other.ended;
          return exitCode !== undefined && (on.condition === 'COMPLETE' || exitCode === 0);
        }),
      );
      if (signal.aborted || !met.every(Boolean)) {
        if (!signal.aborted) {
          container.exitCode = neverStartedExitCode;
          container.reason = `CannotStartContainerError: dependency graph: failed to resolve container ordering dependency of ${name}`;
        }
        container.lastStatus = 'STOPPED';
        state.settle(undefined);
        if (essential) stop({ stopCode: failedToStart, reason: 'Task failed to start' });
        return;
      }
      const exitCode = await runContainer(setup, task, container, signal, () => state.start());
      state.settle(exitCode);
      if (exitCode === undefined) stop({ stopCode: failedToStart, reason: container.reason ?? 'Task failed to start' });
      else if (essential) stop(essentialExited);
    }),
  );
}

/** Settled when a container has started, and when it has ended; `undefined` when it never started. */
function createState(): {
  readonly started: Promise<boolean>;
  readonly ended: Promise<number | undefined>;
  start(): void;
  settle(exitCode: number | undefined): void;
} {
  let start!: (did: boolean) => void;
  let settle!: (exitCode: number | undefined) => void;
  const started = new Promise<boolean>((resolve) => (start = resolve));
  const ended = new Promise<number | undefined>((resolve) => (settle = resolve));
  return {
    started,
    ended,
    start: () => start(true),
    settle: (exitCode) => {
      start(exitCode !== undefined);
      settle(exitCode);
    },
  };
}

/** Runs one container to its end. Answers its exit code, or nothing when it could not be started. */
async function runContainer(
  setup: LifeSetup,
  task: Task,
  container: TaskContainer,
  signal: AbortSignal,
  started: () => void,
): Promise<number | undefined> {
  const { definition } = container;
  try {
    container.running = await startContainer({
      image: setup.images[definition.image]!,
      folder: join(task.folder, definition.name),
      mounts: definition.mounts.map(({ volume, path, readOnly }) => ({
        from: join(task.folder, 'volumes', volume),
        to: path,
        readOnly,
      })),
      entrypoint: definition.entrypoint,
      command: container.command,
      environment: {
        ...setup.environmentOf(task),
        ...container.environment,
        ...Object.fromEntries(
          Object.entries(definition.secrets).map(([name, from]) => [name, setup.parameters.value(from) ?? '']),
        ),
      },
      directory: definition.workingDirectory,
      user: definition.user,
      readOnlyRoot: definition.readOnlyRoot,
      initProcess: definition.initProcess,
      isolation: await setup.isolation(),
      stream: streamOf(setup, task, container),
      nowMs: () => setup.world.nowMs(),
    });
  } catch (error) {
    container.lastStatus = 'STOPPED';
    container.reason = `CannotStartContainerError: ${(error as Error).message}`;
    return undefined;
  }
  container.lastStatus = 'RUNNING';
  if (task.containers.every(({ lastStatus }) => lastStatus !== 'PENDING') && !signal.aborted) {
    task.times.startedAt = setup.world.nowMs();
    move(setup, task, 'RUNNING');
  } else {
    tell(setup, task);
  }
  started();
  const exitCode = await untilEnded(container, signal);
  container.exitCode = exitCode;
  container.lastStatus = 'STOPPED';
  return exitCode;
}

/** When the task is to end: TERM, and KILL after the container's time for it. */
async function untilEnded({ running, definition }: TaskContainer, signal: AbortSignal): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const terminate = (): void => {
    running!.signal('SIGTERM');
    timer = setTimeout(() => running!.signal('SIGKILL'), definition.stopTimeout * 1000);
  };
  if (signal.aborted) terminate();
  else signal.addEventListener('abort', terminate, { once: true });
  try {
    return await running!.ended;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', terminate);
  }
}

function streamOf(setup: LifeSetup, task: Task, { definition }: TaskContainer): Stream | undefined {
  const { log, name } = definition;
  if (log === undefined) return undefined;
  if (log.createGroup && !setup.groups.all.has(log.group)) setup.groups.create(log.group);
  return setup.groups.open(log.group, [...(log.prefix ? [log.prefix] : []), name, task.id].join('/'));
}

async function end(setup: LifeSetup, task: Task): Promise<void> {
  const { world } = setup;
  for (const container of task.containers) container.lastStatus = 'STOPPED';
  task.times.stoppingAt = world.nowMs();
  for (const status of ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING'] as const) {
    move(setup, task, status);
    await turn();
  }
  await rm(task.folder, { recursive: true, force: true });
  task.times.stoppedAt = world.nowMs();
  move(setup, task, 'STOPPED');
}

function move(setup: LifeSetup, task: Task, status: TaskStatus): void {
  task.lastStatus = status;
  tell(setup, task);
}

function tell(setup: LifeSetup, task: Task): void {
  task.version += 1;
  setup.changed(task);
}
