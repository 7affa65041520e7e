import type { Container, Task } from '@aws-sdk/client-ecs';
import type { TaskFacts, TaskRef } from '../../ports.js';
import { containers } from '../names.js';
import { classifyStop } from '../stop-reasons.js';

/** The streams that a task's log is in. awslogs calls them `prefix/container/task-id`. */
export function streamsOf(taskArn: string): readonly string[] {
  const id = taskArn.slice(taskArn.lastIndexOf('/') + 1);
  return [containers.init, containers.runner].map((name) => `${containers.logPrefix}/${name}/${id}`);
}

/** What names a task. */
export function refOf(task: Task): TaskRef {
  const arn = task.taskArn ?? '';
  const digest = containerOf(task, containers.runner)?.imageDigest;
  const platform = task.attributes?.find(({ name }) => name === 'ecs.cpu-architecture')?.value;
  return {
    arn,
    logs: streamsOf(arn),
    ...(task.taskDefinitionArn !== undefined && { definition: task.taskDefinitionArn }),
    ...(digest !== undefined && { imageDigest: digest }),
    ...(platform !== undefined && { platform: platform === 'arm64' ? 'ARM64' : 'X86_64' }),
  };
}

/** A container of a task, by name: their order says nothing. */
export function containerOf(task: Task, name: string): Container | undefined {
  return task.containers?.find((one) => one.name === name);
}

/** How a task stands. That its network is still being taken down says nothing of the command, so it counts as stopped before ECS calls it that. */
export function factsOf(task: Task): TaskFacts {
  const runner = containerOf(task, containers.runner);
  const init = containerOf(task, containers.init);
  const seen = { task: refOf(task), ...(task.startedAt && { startedAtMs: task.startedAt.getTime() }) };
  const isGoing = /^(?:DEACTIVATING|STOPPING|DEPROVISIONING)$/.test(task.lastStatus ?? '');
  if (task.lastStatus === 'STOPPED' || (isGoing && runner?.exitCode !== undefined)) {
    const stoppedAt = task.executionStoppedAt ?? task.stoppingAt ?? task.stoppedAt;
    return { ...seen, state: 'stopped', ...classifyStop(task), ...(stoppedAt && { stoppedAtMs: stoppedAt.getTime() }) };
  }
  if (runner?.lastStatus === 'RUNNING') return { ...seen, state: 'running' };
  const hasBegunInit = init?.lastStatus === 'RUNNING' || init?.lastStatus === 'STOPPED';
  return { ...seen, state: hasBegunInit ? 'preparing' : 'provisioning' };
}
