import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import { seconds, type World } from '../world.js';
import { readContainer, type ContainerDefinition } from './container-definition.js';
import { textOf } from '../text.js';

/** A registered task definition. */
export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  /** As it was given. */
  readonly input: Input;
  readonly containers: readonly ContainerDefinition[];
  readonly volumes: readonly string[];
  readonly registeredMs: number;
  readonly registeredBy: string;
  readonly tags: readonly Input[];
  deregisteredMs: number | undefined;
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
}

/** All task definitions of the account. */
export interface TaskDefinitions {
  readonly all: ReadonlyMap<string, TaskDefinition>;
  register(input: Input, by: string): TaskDefinition;
  /** By family (its newest active one), family and revision, or ARN. @throws AwsError ClientException */
  find(name: string): TaskDefinition;
  /** The same, without an error. */
  peek(name: string): TaskDefinition | undefined;
  /** What may still be run. @throws AwsError ClientException */
  runnable(name: string): TaskDefinition;
  deregister(name: string): TaskDefinition;
  /** `undefined` when it was deregistered before; else the reason it cannot be deleted. */
  remove(name: string): string | undefined;
}

const client = 'ClientException';
const maxBytes = 65_536;
/** A deregistered definition can still be run for this long. @see ECS developer guide "Deregistering a task definition" */
const graceMs = 10 * 60_000;

/** Memory in MiB by CPU units. @see RegisterTaskDefinition, `cpu` */
const fargateMemory: Readonly<Record<string, (mib: number) => boolean>> = {
  '256': (mib) => [512, 1024, 2048].includes(mib),
  '512': (mib) => mib >= 1024 && mib <= 4096 && mib % 1024 === 0,
  '1024': (mib) => mib >= 2048 && mib <= 8192 && mib % 1024 === 0,
  '2048': (mib) => mib >= 4096 && mib <= 16_384 && mib % 1024 === 0,
  '4096': (mib) => mib >= 8192 && mib <= 30_720 && mib % 1024 === 0,
  '8192': (mib) => mib >= 16_384 && mib <= 61_440 && mib % 4096 === 0,
  '16384': (mib) => mib >= 32_768 && mib <= 122_880 && mib % 8192 === 0,
};

/** Makes the table of definitions, empty. */
export function createTaskDefinitions(world: World): TaskDefinitions {
  const all = new Map<string, TaskDefinition>();
  const revisions = new Map<string, number>();
  const peek = (name: string): TaskDefinition | undefined => {
    const short = name.replace(/^arn:.*:task-definition\//u, '');
    return short.includes(':')
      ? all.get(short)
      : [...all.values()].filter((one) => one.family === short && one.status === 'ACTIVE').at(-1);
  };
  const find = (name: string): TaskDefinition => {
    const found = peek(name);
    if (!found) throw new AwsError(client, 'Unable to describe task definition.');
    return found;
  };
  return {
    all,
    find,
    peek,
    register: (input, by) => {
      const { family, containers, volumes, tags } = check(input);
      const revision = (revisions.get(family) ?? 0) + 1;
      revisions.set(family, revision);
      const definition: TaskDefinition = {
        arn: world.arn('ecs', `task-definition/${family}:${revision}`),
        family,
        revision,
        input,
        containers,
        volumes,
        tags,
        registeredMs: world.nowMs(),
        registeredBy: by,
        deregisteredMs: undefined,
        status: 'ACTIVE',
      };
      all.set(`${family}:${revision}`, definition);
      return definition;
    },
    runnable: (name) => {
      const found = peek(name);
      if (found === undefined) throw new AwsError(client, 'TaskDefinition not found.');
      const tooLate = found.deregisteredMs !== undefined && world.nowMs() - found.deregisteredMs > graceMs;
      if (found.status === 'DELETE_IN_PROGRESS' || tooLate) throw new AwsError(client, 'TaskDefinition is inactive');
      return found;
    },
    deregister: (name) => {
      if (!/:\d+$/u.test(name)) throw new AwsError(client, 'Revision is missing.');
      const found = find(name);
      if (found.status === 'ACTIVE') {
        found.status = 'INACTIVE';
        found.deregisteredMs = world.nowMs();
      }
      return found;
    },
    remove: (name) => {
      const found = find(name);
      if (found.status === 'ACTIVE')
        return 'The specified task definition is still in ACTIVE status. Please deregister it and try again.';
      found.status = 'DELETE_IN_PROGRESS';
      all.delete(`${found.family}:${found.revision}`);
      return undefined;
    },
  };
}

/** What DescribeTaskDefinition shows. */
export function describeDefinition(definition: TaskDefinition): Readonly<Record<string, unknown>> {
  const { tags, ...input } = definition.input;
  return {
    ...input,
    containerDefinitions: (input['containerDefinitions'] as readonly Input[]).map((one) => ({
      cpu: 0,
      essential: true,
      environment: [],
      mountPoints: [],
      volumesFrom: [],
      portMappings: [],
      ...one,
    })),
    volumes: input['volumes'] ?? [],
    placementConstraints: [],
    compatibilities: ['EC2', 'FARGATE'],
    taskDefinitionArn: definition.arn,
    revision: definition.revision,
    status: definition.status,
    registeredAt: seconds(definition.registeredMs),
    registeredBy: definition.registeredBy,
    ...(definition.deregisteredMs === undefined ? {} : { deregisteredAt: seconds(definition.deregisteredMs) }),
  };
}

function check(input: Input): Pick<TaskDefinition, 'family' | 'containers' | 'volumes' | 'tags'> {
  const members = readMembers(input, client);
  const family = members.text('family');
  if (!/^[\w-]{1,255}$/u.test(family)) {
    throw new AwsError(
      client,
      'Family should not be null or empty, and has letters, numbers, underscores and hyphens.',
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > maxBytes) {
    throw new AwsError(client, `Actual length: '${bytes}'. Max allowed length is '${maxBytes}' bytes.`);
  }
  const containers = members.optionalList('containerDefinitions').map((one) => readContainer(one));
  if (containers.length === 0) throw new AwsError(client, 'Container list cannot be empty.');
  const volumes = members.optionalList('volumes').map((volume) => readMembers(volume, client).text('name'));
  checkContainers(containers, volumes);
  if (members.texts('requiresCompatibilities').includes('FARGATE')) checkFargate(input, containers);
  const tags = members.optionalList('tags');
  if (tags.length > 50) throw new AwsError('InvalidParameterException', 'The number of tags must be 50 at most.');
  return { family, containers, volumes, tags };
}

function checkContainers(containers: readonly ContainerDefinition[], volumes: readonly string[]): void {
  const names = new Set(containers.map(({ name }) => name));
  if (names.size < containers.length) throw new AwsError(client, 'Container.name must be unique.');
  if (!containers.some(({ essential }) => essential)) {
    throw new AwsError(client, 'Invalid setting for container list. At least one container should be essential.');
  }
  for (const container of containers) {
    for (const mount of container.mounts) {
      if (!volumes.includes(mount.volume)) throw new AwsError(client, `Unknown volume '${mount.volume}'.`);
    }
    for (const { name, condition } of container.dependsOn) {
      const other = containers.find((one) => one.name === name);
      if (other === undefined || other === container) {
        throw new AwsError(client, `Container ${container.name} depends on ${name}, which is not in the task.`);
      }
      if (other.essential && (condition === 'SUCCESS' || condition === 'COMPLETE')) {
        throw new AwsError(
          client,
          `A container with ${condition} as dependency condition can not be an essential container: ${name}.`,
        );
      }
    }
  }
}

function checkFargate(input: Input, containers: readonly ContainerDefinition[]): void {
  const cpu = textOf(input['cpu'] ?? '');
  const memory = Number(input['memory']);
  if (input['networkMode'] !== 'awsvpc') {
    throw new AwsError(client, "Fargate only supports network mode 'awsvpc'.");
  }
  if (fargateMemory[cpu]?.(memory) !== true) {
    throw new AwsError(client, `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  }
  for (const { name, log, stopTimeout } of containers) {
    if (log !== undefined && log.prefix === undefined) {
      throw new AwsError(client, `Log driver awslogs requires options: awslogs-stream-prefix (container ${name}).`);
    }
    if (stopTimeout > 120) throw new AwsError(client, 'The maximum stopTimeout for Fargate is 120 seconds.');
  }
  const disk = input['ephemeralStorage'] as Input | undefined;
  const size = Number(disk?.['sizeInGiB'] ?? 21);
  if (!(size >= 21 && size <= 200)) {
    throw new AwsError(client, 'The ephemeral storage is 21 to 200 GiB.');
  }
}
