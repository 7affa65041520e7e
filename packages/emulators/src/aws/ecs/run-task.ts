import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { EmulatedImage } from '../types.js';
import type { World } from '../world.js';
import { pairs } from './container-definition.js';
import type { TaskDefinition } from './definitions.js';
import type { Task } from './task.js';
import { textOf } from '../text.js';

const invalid = 'InvalidParameterException';
/** In characters of the JSON that the overrides are. @see RunTask, `overrides` */
const maxOverrides = 8192;
const maxTags = 50;

/** Checks what RunTask is asked. @throws AwsError */
export function checkRunTask(input: Input, definition: TaskDefinition): void {
  const members = readMembers(input, invalid);
  members.optionalInteger('count', 1, 10);
  if (JSON.stringify(input['overrides'] ?? {}).length > maxOverrides) {
    throw new AwsError(invalid, `Container Overrides length must be at most ${maxOverrides}`);
  }
  if ((members.optionalText('clientToken') ?? '').length > 64) {
    throw new AwsError(invalid, 'clientToken is at most 64 characters long.');
  }
  const startedBy = members.optionalText('startedBy');
  if (startedBy !== undefined && !/^[\w/-]{1,128}$/u.test(startedBy)) {
    throw new AwsError(
      invalid,
      'startedBy has at most 128 letters, numbers, hyphens, forward slashes and underscores.',
    );
  }
  const tags = members.optionalList('tags');
  if (tags.length > maxTags) throw new AwsError(invalid, `The number of tags must be ${maxTags} at most.`);
  if (input['launchType'] !== undefined && members.optionalList('capacityProviderStrategy').length > 0) {
    throw new AwsError(invalid, 'Launch type and capacity provider strategy cannot both be specified.');
  }
  const network = (input['networkConfiguration'] as Input | undefined)?.['awsvpcConfiguration'] as Input | undefined;
  if (definition.input['networkMode'] === 'awsvpc') {
    const subnets = network === undefined ? [] : readMembers(network, invalid).texts('subnets');
    if (subnets.length === 0) {
      throw new AwsError(invalid, "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
    }
  }
  for (const override of overridesOf(input)) {
    const name = readMembers(override, invalid).optionalText('name');
    if (!definition.containers.some((container) => container.name === name)) {
      throw new AwsError(invalid, `Override for container named ${name} is not a container in the TaskDefinition.`);
    }
  }
}

/** What makes two requests with one client token the same. */
export function requestDigest(input: Input): string {
  const { clientToken, ...rest } = input;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
}

/** Makes the record of a task, not yet alive. */
export function createTask(
  world: World,
  cluster: { readonly name: string; readonly arn: string },
  definition: TaskDefinition,
  input: Input,
  images: Readonly<Record<string, EmulatedImage>>,
): Task {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => world.random.below(16).toString(16)).join('');
  const id = hex(32);
  const overrides = overridesOf(input);
  const tags = new Map(
    readMembers(input, invalid)
      .optionalList('tags')
      .map((tag) => [String(tag['key']), textOf(tag['value'] ?? '')]),
  );
  if (input['propagateTags'] === 'TASK_DEFINITION') {
    for (const tag of definition.tags) tags.set(String(tag['key']), textOf(tag['value'] ?? ''));
  }
  return {
    id,
    arn: world.arn('ecs', `task/${cluster.name}/${id}`),
    clusterArn: cluster.arn,
    definition,
    input,
    folder: join(world.folder, 'tasks', id),
    tags,
    times: { createdAt: world.nowMs() },
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    stop: undefined,
    containers: definition.containers.map((container) => {
      const override = overrides.find((one) => one['name'] === container.name) ?? {};
      const members = readMembers(override, invalid);
      return {
        definition: container,
        arn: world.arn('ecs', `container/${cluster.name}/${id}/${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`),
        runtimeId: `${id}-${String(1_000_000_000 + world.random.below(3_000_000_000))}`,
        imageDigest: images[container.image]?.digest,
        command: override['command'] === undefined ? container.command : members.texts('command'),
        environment: { ...container.environment, ...pairs(members.optionalList('environment'), 'value') },
        lastStatus: 'PENDING',
        exitCode: undefined,
        reason: undefined,
        running: undefined,
      };
    }),
  };
}

function overridesOf(input: Input): readonly Input[] {
  return readMembers((input['overrides'] as Input | undefined) ?? {}, invalid).optionalList('containerOverrides');
}
