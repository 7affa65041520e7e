import type { EcsTask, Inventory } from '../inventory.js';
import type { Sessions } from '../sessions.js';
import { AwsError } from './aws-error.js';
import { chooseContainer, executeCommand, requireInteractive } from './execute-command.js';
import { readMembers, type Service } from './operation.js';

const validationError = 'InvalidParameterException';

/** The part of ECS that `execute-command` needs: one cluster with one running task. */
export function createEcsService(inventory: Inventory, sessions: Sessions): Service {
  const { task } = inventory;
  return {
    signingName: 'ecs',
    targetPrefix: 'AmazonEC2ContainerServiceV20141113',
    messageMember: 'message',
    validationError,
    operations: {
      ListClusters: () => ({ clusterArns: [task.clusterArn] }),
      DescribeClusters: (input) => {
        const asked = readMembers(input, validationError).texts('clusters');
        const names = asked.length === 0 ? ['default'] : asked;
        return {
          clusters: names.some((name) => isCluster(task, name)) ? [describeCluster(task)] : [],
          failures: names
            .filter((name) => !isCluster(task, name))
            .map((name) => ({ arn: arnOf(task, 'cluster', name), reason: 'MISSING' })),
        };
      },
      ListTasks: (input) => {
        requireCluster(task, readMembers(input, validationError).optionalText('cluster'));
        return { taskArns: [task.taskArn] };
      },
      DescribeTasks: (input) => {
        const members = readMembers(input, validationError);
        requireCluster(task, members.optionalText('cluster'));
        const asked = members.texts('tasks');
        if (asked.length === 0) throw new AwsError(validationError, 'Tasks cannot be empty.');
        return {
          tasks: asked.some((id) => isTask(task, id)) ? [describeTask(task)] : [],
          failures: asked
            .filter((id) => !isTask(task, id))
            .map((id) => ({ arn: arnOf(task, 'task/default', id), reason: 'MISSING' })),
        };
      },
      ExecuteCommand: (input) => {
        const members = readMembers(input, validationError);
        requireCluster(task, members.optionalText('cluster'));
        const command = members.text('command');
        if (!isTask(task, members.text('task'))) {
          throw new AwsError(validationError, 'The specified task was not found in the cluster.');
        }
        requireInteractive(members);
        const container = chooseContainer(task.containers, members.optionalText('container'), ({ name }) => name);
        return executeCommand(sessions, { clusterArn: task.clusterArn, taskArn: task.taskArn, container, command });
      },
    },
  };
}

function isCluster(task: EcsTask, name: string): boolean {
  return name === task.clusterName || name === task.clusterArn;
}

function isTask(task: EcsTask, name: string): boolean {
  return name === task.taskId || name === task.taskArn;
}

function arnOf(task: EcsTask, kind: string, name: string): string {
  return name.startsWith('arn:') ? name : `${task.clusterArn.split(':').slice(0, 5).join(':')}:${kind}/${name}`;
}

function requireCluster(task: EcsTask, name: string | undefined): void {
  if (name !== undefined && !isCluster(task, name)) {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  }
}

function describeCluster(task: EcsTask): Readonly<Record<string, unknown>> {
  return {
    clusterArn: task.clusterArn,
    clusterName: task.clusterName,
    status: 'ACTIVE',
    runningTasksCount: 1,
    pendingTasksCount: 0,
    activeServicesCount: 0,
    registeredContainerInstancesCount: 0,
  };
}

function describeTask(task: EcsTask): Readonly<Record<string, unknown>> {
  return {
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    enableExecuteCommand: true,
    launchType: 'FARGATE',
    containers: task.containers.map((container) => ({
      name: container.name,
      containerArn: container.arn,
      taskArn: task.taskArn,
      runtimeId: container.runtimeId,
      lastStatus: 'RUNNING',
      managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' }],
    })),
  };
}
