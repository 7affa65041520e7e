import type { Input } from '../../ssm/api/operation.js';
import { seconds } from '../world.js';
import type { Task, TaskContainer } from './task.js';

/** A task as DescribeTasks shows it; times are seconds since 1970. */
export function describeTask(task: Task, withTags: boolean): Readonly<Record<string, unknown>> {
  const { input, definition } = task;
  const overrides = (input['overrides'] as Input | undefined) ?? {};
  const network = (input['networkConfiguration'] as Input | undefined)?.['awsvpcConfiguration'] as Input | undefined;
  const subnet = (network?.['subnets'] as readonly string[] | undefined)?.[0];
  const times = Object.fromEntries(Object.entries(task.times).map(([name, ms]) => [name, seconds(ms as number)]));
  const strategy = input['capacityProviderStrategy'] as readonly Input[] | undefined;
  return {
    taskArn: task.arn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: definition.arn,
    group: input['group'] ?? `family:${definition.family}`,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    version: task.version,
    cpu: overrides['cpu'] ?? definition.input['cpu'],
    memory: overrides['memory'] ?? definition.input['memory'],
    availabilityZone: `${task.arn.split(':')[3]}a`,
    connectivity: 'CONNECTED',
    healthStatus: 'UNKNOWN',
    platformVersion: '1.4.0',
    platformFamily: 'Linux',
    enableExecuteCommand: input['enableExecuteCommand'] === true,
    ephemeralStorage: overrides['ephemeralStorage'] ?? definition.input['ephemeralStorage'] ?? { sizeInGiB: 20 },
    ...(strategy?.[0] ? { capacityProviderName: strategy[0]['capacityProvider'] } : { launchType: 'FARGATE' }),
    ...(input['startedBy'] === undefined ? {} : { startedBy: input['startedBy'] }),
    ...(task.stop === undefined ? {} : { stopCode: task.stop.stopCode, stoppedReason: task.stop.reason }),
    ...times,
    attachments:
      subnet === undefined
        ? []
        : [
            {
              id: `${task.id.slice(0, 8)}-0000-4000-8000-${task.id.slice(8, 20)}`,
              type: 'ElasticNetworkInterface',
              status: task.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
              details: [
                { name: 'subnetId', value: subnet },
                { name: 'networkInterfaceId', value: `eni-${task.id.slice(0, 17)}` },
                { name: 'privateIPv4Address', value: '127.0.0.1' },
              ],
            },
          ],
    attributes: [{ name: 'ecs.cpu-architecture', value: architectureOf(task) }],
    containers: task.containers.map((container) => describeContainer(task, container)),
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...overrides },
    tags: withTags ? [...task.tags].map(([key, value]) => ({ key, value })) : [],
  };
}

function architectureOf(task: Task): string {
  const platform = task.definition.input['runtimePlatform'] as Input | undefined;
  return platform?.['cpuArchitecture'] === 'ARM64' ? 'arm64' : 'x86_64';
}

function describeContainer(task: Task, container: TaskContainer): Readonly<Record<string, unknown>> {
  const exec = task.input['enableExecuteCommand'] === true;
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.definition.name,
    image: container.definition.image,
    ...(container.imageDigest === undefined ? {} : { imageDigest: container.imageDigest }),
    ...(container.lastStatus === 'PENDING' ? {} : { runtimeId: container.runtimeId }),
    lastStatus: container.lastStatus,
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    ...(container.reason === undefined ? {} : { reason: container.reason }),
    networkBindings: [],
    networkInterfaces: [],
    healthStatus: 'UNKNOWN',
    ...(exec ? { managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: container.lastStatus }] } : {}),
    cpu: '0',
  };
}
