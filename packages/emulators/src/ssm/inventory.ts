import type { TargetSpec } from './types.js';
import { EmulatorError } from '../errors.js';

/** One container of the emulated ECS task. */
export interface EcsContainer {
  readonly name: string;
  readonly runtimeId: string;
  readonly arn: string;
}

/** The emulated ECS task. */
export interface EcsTask {
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly taskId: string;
  readonly taskArn: string;
  readonly containers: readonly EcsContainer[];
}

/** Everything a session can be started on. */
export interface Inventory {
  readonly accountId: string;
  readonly region: string;
  /** Managed nodes, then containers as `ecs:CLUSTER_TASK_RUNTIMEID`. */
  readonly targets: readonly TargetSpec[];
  readonly task: EcsTask;
  find(id: string): TargetSpec | undefined;
}

const accountId = '123456789012';
const taskId = '0123456789abcdef0123456789abcdef';

const nodes: readonly TargetSpec[] = [
  { id: 'i-0123456789abcdef0', name: 'web-1', tags: { Role: 'web' }, ip: '10.0.0.10' },
  { id: 'i-0aaaaaaaaaaaaaaa1', name: 'worker', tags: { Role: 'worker' }, ip: '10.0.0.21' },
  { id: 'i-0aaaaaaaaaaaaaaa2', name: 'worker', tags: { Role: 'worker' }, ip: '10.0.0.22' },
  { id: 'i-0fffffffffffffff0', name: 'db-1', tags: { Role: 'db' }, ip: '10.0.0.30', online: false },
];

/** The built-in nodes and task, and the caller's: a target given again by its id replaces the built-in one. */
export function createInventory(region: string, given: readonly TargetSpec[]): Inventory {
  const task = ecsTask(region);
  const targets = new Map<string, TargetSpec>();
  for (const target of [...nodes, ...given]) {
    if (!/^(?:m?i-[0-9a-f]{8,17}|ecs:[\w-]+_[0-9a-f]+_[0-9a-f-]+)$/u.test(target.id)) {
      throw new EmulatorError('HAWSER_EMULATOR_OPTION', `"${target.id}" is not the id of a managed node.`, {
        details: { target: target.id },
      });
    }
    targets.set(target.id, target);
  }
  for (const container of task.containers) {
    const id = `ecs:${task.clusterName}_${task.taskId}_${container.runtimeId}`;
    if (!targets.has(id)) targets.set(id, { id, name: container.name });
  }
  return { accountId, region, task, targets: [...targets.values()], find: (id) => targets.get(id) };
}

function ecsTask(region: string): EcsTask {
  const prefix = `arn:aws:ecs:${region}:${accountId}`;
  const container = (name: string, number: number): EcsContainer => ({
    name,
    runtimeId: `${taskId}-${number}`,
    arn: `${prefix}:container/default/${taskId}/00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  });
  return {
    clusterName: 'default',
    clusterArn: `${prefix}:cluster/default`,
    taskId,
    taskArn: `${prefix}:task/default/${taskId}`,
    containers: [container('app', 1_234_567_890), container('sidecar', 1_234_567_891)],
  };
}

/** All tags of a target; its name is the tag `Name`. */
export function tagsOf(target: TargetSpec): Readonly<Record<string, string>> {
  return target.name === undefined ? { ...target.tags } : { Name: target.name, ...target.tags };
}
