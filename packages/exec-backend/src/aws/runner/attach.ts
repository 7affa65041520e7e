import type { ECSClient, Task } from '@aws-sdk/client-ecs';
import { ApiError } from '../../core/api-error.js';
import { shellWord } from '../../shell-word.js';
import { containers } from '../names.js';
import { awsCode } from '../sdk-failure.js';
import { containerOf } from './task-facts.js';

/** A session into a running task. */
export interface EcsSession {
  readonly sessionId: string;
  readonly streamUrl: string;
  readonly token: string;
  /** `ecs:CLUSTER_TASK_RUNTIMEID`. */
  readonly target: string;
  readonly region: string;
}

/**
 * Opens a session by ECS Exec: a shell (the image's own, or the static one), or one command. No exit code comes back from
 * it, so the far side writes the sentinel, a space and the code on a line of its own when it is done.
 *
 * @throws ApiError `not_attachable` while the agent of the task is not there yet, or when it never will be.
 */
export async function attachTo(
  client: ECSClient,
  cluster: string,
  task: Task | undefined,
  query: { readonly command?: string; readonly sentinel: string },
): Promise<EcsSession> {
  const runner = task && containerOf(task, containers.runner);
  const agent = runner?.managedAgents?.find(({ name }) => name === 'ExecuteCommandAgent');
  if (!task?.taskArn || !runner || agent?.lastStatus !== 'RUNNING') {
    const why = task?.enableExecuteCommand ? 'is not there yet' : 'was not asked for when it was started';
    throw new ApiError('not_attachable', `The agent that lets into the task ${why}.`);
  }
  const { ExecuteCommandCommand } = await import('@aws-sdk/client-ecs');
  const command = new ExecuteCommandCommand({
    cluster,
    task: task.taskArn,
    container: containers.runner,
    interactive: true,
    command: farCommand(query),
  });
  try {
    const { session } = await client.send(command);
    const parts = task.taskArn.split(':');
    return {
      sessionId: session?.sessionId ?? '',
      streamUrl: session?.streamUrl ?? '',
      token: session?.tokenValue ?? '',
      target: `ecs:${cluster}_${task.taskArn.slice(task.taskArn.lastIndexOf('/') + 1)}_${runner.runtimeId ?? ''}`,
      region: parts[3] ?? '',
    };
  } catch (error) {
    if (awsCode(error) !== 'TargetNotConnectedException') throw error;
    throw new ApiError('not_attachable', 'The agent that lets into the task does not answer.', { cause: error });
  }
}

/** One command line as the agent takes it apart: words, with single quotes. */
function farCommand({ command, sentinel }: { readonly command?: string; readonly sentinel: string }): string {
  const shell = 'if [ -x /bin/sh ]; then s=/bin/sh; else s="/exec/bin/busybox sh"; fi';
  const work = command === undefined ? '$s' : `$s -c ${shellWord(command)}`;
  const script = `cd /workspace; ${shell}; ${work}; printf '\\n%s %s\\n' ${sentinel} $?`;
  return `/exec/bin/busybox sh -c ${shellWord(script)}`;
}
