import { rm } from 'node:fs/promises';
import { live, type Life, type LifeSetup } from './life.js';
import type { Stop, Task, TaskContainer } from './task.js';

/** All tasks that are running or not yet forgotten. */
export interface Tasks {
  /** Of a cluster, oldest first. */
  list(clusterArn: string): readonly Task[];
  /** By id or ARN. */
  find(clusterArn: string, name: string): Task | undefined;
  byArn(arn: string): Task | undefined;
  /** The container that a session's target names: `ecs:CLUSTER_TASK_RUNTIMEID`. */
  byTarget(target: string): TaskContainer | undefined;
  /** Whether DescribeTasks knows of it by now. */
  isVisible(task: Task): boolean;
  start(task: Task): void;
  stop(task: Task, stop: Stop): void;
  /** Settles when the task has stopped. */
  ended(task: Task): Promise<void>;
  /** Kills everything; resolves when nothing is left. */
  close(): Promise<void>;
}

/** ECS tells of a stopped task for at least this long. @see DescribeTasks */
const rememberedMs = 3_600_000;

/** Makes the table of tasks, empty. */
export function createTasks(setup: LifeSetup): Tasks {
  const lives = new Map<string, { readonly task: Task; readonly life: Life }>();
  const forget = (): void => {
    for (const [arn, { task }] of lives) {
      const { stoppedAt } = task.times;
      if (stoppedAt !== undefined && setup.world.nowMs() - stoppedAt > rememberedMs) lives.delete(arn);
    }
  };
  const list = (clusterArn: string): readonly Task[] => {
    forget();
    return [...lives.values()].map(({ task }) => task).filter((task) => task.clusterArn === clusterArn);
  };
  return {
    list,
    find: (clusterArn, name) => list(clusterArn).find((task) => task.arn === name || task.id === name),
    byArn: (arn) => lives.get(arn)?.task,
    byTarget: (target) =>
      [...lives.values()]
        .flatMap(({ task }) => task.containers)
        .find(({ runtimeId }) => target.startsWith('ecs:') && target.endsWith(`_${runtimeId}`)),
    isVisible: (task) => setup.world.nowMs() - task.times.createdAt >= (setup.world.faults().taskMissingMs ?? 0),
    start: (task) => void lives.set(task.arn, { task, life: live(setup, task) }),
    stop: (task, stop) => {
      // As the service does: what the tags said is gone from here on.
      task.tags.clear();
      lives.get(task.arn)?.life.stop(stop);
    },
    ended: async (task) => await lives.get(task.arn)?.life.ended,
    close: async () => {
      await Promise.all(
        [...lives.values()].map(async ({ task, life }) => {
          life.stop({ stopCode: 'TerminationNotice', reason: 'The emulator was closed.' });
          for (const { running } of task.containers) running?.signal('SIGKILL');
          await life.ended;
          await rm(task.folder, { recursive: true, force: true });
        }),
      );
    },
  };
}
