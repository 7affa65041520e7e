import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { Budget } from '../faults/budget.js';
import type { EmulatedImage } from '../types.js';
import type { JsonService } from '../wire/service.js';
import type { World } from '../world.js';
import type { Cluster, Clusters } from './clusters.js';
import { describeDefinition, type TaskDefinitions } from './definitions.js';
import { describeTask } from './describe-task.js';
import { checkRunTask, createTask, requestDigest } from './run-task.js';
import type { Task } from './task.js';
import type { Tasks } from './tasks.js';
import { textOf } from '../text.js';

/** What the service is made of. */
export interface EcsSetup {
  readonly world: World;
  readonly budget: Budget;
  readonly clusters: Clusters;
  readonly definitions: TaskDefinitions;
  readonly tasks: Tasks;
  readonly images: Readonly<Record<string, EmulatedImage>>;
  /** Opens a session into a container. */
  execute(task: Task, input: Input): Readonly<Record<string, unknown>>;
}

const invalid = 'InvalidParameterException';
const maxDescribed = 100;
const maxListed = 100;
/** Client tokens are remembered for this long. @see ECS developer guide "Ensuring idempotency" */
const tokenLifeMs = 24 * 3_600_000;

/** Amazon ECS, on which every task really runs. */
export function createEcsService(setup: EcsSetup): JsonService {
  const { clusters, definitions, tasks } = setup;
  const runTask = createRunTask(setup);
  const cluster = (input: Input): Cluster => clusters.find(readMembers(input, invalid).optionalText('cluster'));
  const operations: JsonService['operations'] = {
    CreateCluster: (input) => {
      const members = readMembers(input, invalid);
      const made = clusters.create(
        members.optionalText('clusterName') ?? 'default',
        members.texts('capacityProviders'),
      );
      return { cluster: describeCluster(setup, made) };
    },
    DeleteCluster: (input) => {
      const found = cluster(input);
      if (tasks.list(found.arn).some((task) => task.lastStatus !== 'STOPPED')) {
        throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.');
      }
      clusters.remove(found);
      return { cluster: { ...describeCluster(setup, found), status: 'INACTIVE' } };
    },
    ListClusters: () => ({ clusterArns: [...clusters.all.values()].map(({ arn }) => arn) }),
    DescribeClusters: (input) => {
      const asked = readMembers(input, invalid).texts('clusters');
      const found: unknown[] = [];
      const failures: unknown[] = [];
      for (const name of asked.length === 0 ? ['default'] : asked) {
        const known = clusters.all.get(name.replace(/^arn:.*:cluster\//u, ''));
        if (known) found.push(describeCluster(setup, known));
        else failures.push({ arn: setup.world.arn('ecs', `cluster/${name}`), reason: 'MISSING' });
      }
      return { clusters: found, failures };
    },
    RegisterTaskDefinition: (input, { caller }) => {
      const definition = definitions.register(input, caller.arn);
      return { taskDefinition: describeDefinition(definition), tags: definition.tags };
    },
    DescribeTaskDefinition: (input) => {
      const definition = definitions.find(readMembers(input, invalid).text('taskDefinition'));
      const withTags = readMembers(input, invalid).texts('include').includes('TAGS');
      return { taskDefinition: describeDefinition(definition), ...(withTags ? { tags: definition.tags } : {}) };
    },
    ListTaskDefinitions: (input) => listDefinitions(setup, input),
    ListTaskDefinitionFamilies: (input) => {
      const prefix = readMembers(input, invalid).optionalText('familyPrefix') ?? '';
      const families = new Set([...definitions.all.values()].map(({ family }) => family));
      return { families: [...families].filter((family) => family.startsWith(prefix)).toSorted() };
    },
    DeregisterTaskDefinition: (input) => {
      const definition = definitions.deregister(readMembers(input, invalid).text('taskDefinition'));
      return { taskDefinition: describeDefinition(definition) };
    },
    DeleteTaskDefinitions: (input) => {
      const names = readMembers(input, invalid).texts('taskDefinitions');
      if (names.length === 0 || names.length > 10) {
        throw new AwsError(invalid, 'The number of task definitions must be 1 to 10.');
      }
      const gone: unknown[] = [];
      const failures: unknown[] = [];
      for (const name of names) {
        const definition = definitions.find(name);
        const reason = definitions.remove(name);
        if (reason === undefined) gone.push(describeDefinition(definition));
        else failures.push({ arn: definition.arn, reason });
      }
      return { taskDefinitions: gone, failures };
    },
    RunTask: (input) => runTask(cluster(input), input),
    StopTask: (input) => {
      const members = readMembers(input, invalid);
      const task = tasks.find(cluster(input).arn, members.text('task'));
      if (!task) throw new AwsError(invalid, 'The referenced task was not found.');
      tasks.stop(task, { stopCode: 'UserInitiated', reason: members.optionalText('reason') ?? 'Task stopped by user' });
      return { task: describeTask(task, false) };
    },
    DescribeTasks: (input) => {
      const members = readMembers(input, invalid);
      const { arn, name: clusterName } = cluster(input);
      const names = members.texts('tasks');
      if (names.length === 0) throw new AwsError(invalid, 'Tasks cannot be empty.');
      if (names.length > maxDescribed)
        throw new AwsError(invalid, `Tasks cannot have more than ${maxDescribed} elements.`);
      const found = names.map((name) => ({ name, task: tasks.find(arn, name) }));
      const isKnown = ({ task }: { readonly task: Task | undefined }): boolean =>
        task !== undefined && tasks.isVisible(task);
      return {
        tasks: found.filter(isKnown).map(({ task }) => describeTask(task!, members.texts('include').includes('TAGS'))),
        failures: found
          .filter((one) => !isKnown(one))
          .map(({ name }) => ({
            arn: name.startsWith('arn:') ? name : setup.world.arn('ecs', `task/${clusterName}/${name}`),
            reason: 'MISSING',
          })),
      };
    },
    ListTasks: (input) => listTasks(setup, cluster(input), input),
    TagResource: (input) => {
      const { tags } = taskOf(setup, input);
      for (const tag of readMembers(input, invalid).optionalList('tags')) {
        tags.set(String(tag['key']), textOf(tag['value'] ?? ''));
      }
      return {};
    },
    UntagResource: (input) => {
      const { tags } = taskOf(setup, input);
      for (const key of readMembers(input, invalid).texts('tagKeys')) tags.delete(key);
      return {};
    },
    ListTagsForResource: (input) => ({
      tags: [...taskOf(setup, input).tags].map(([key, value]) => ({ key, value })),
    }),
    ExecuteCommand: (input) => {
      const task = tasks.find(cluster(input).arn, readMembers(input, invalid).text('task'));
      if (!task) throw new AwsError(invalid, 'The specified task was not found in the cluster.');
      return setup.execute(task, input);
    },
  };
  return {
    protocol: 'json',
    name: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    version: '1.1',
    operations,
  };
}

/** RunTask, which remembers client tokens. */
function createRunTask(setup: EcsSetup): (cluster: Cluster, input: Input) => Readonly<Record<string, unknown>> {
  const { world, tasks } = setup;
  const tokens = new Map<string, { readonly digest: string; readonly tasks: readonly Task[]; readonly atMs: number }>();
  return (cluster, input) => {
    const members = readMembers(input, invalid);
    const definition = setup.definitions.runnable(members.text('taskDefinition'));
    checkRunTask(input, definition);
    const token = members.optionalText('clientToken');
    const key = `${cluster.arn}/${token}`;
    const earlier = token === undefined ? undefined : tokens.get(key);
    if (earlier !== undefined && world.nowMs() - earlier.atMs < tokenLifeMs) {
      if (earlier.digest !== requestDigest(input)) {
        throw new AwsError('ConflictException', 'A different request with this client token was made before.', {
          members: { resourceIds: earlier.tasks.map(({ arn }) => arn) },
        });
      }
      return { tasks: earlier.tasks.map((task) => describeTask(task, true)), failures: [] };
    }
    const failures = setup.budget.runTaskFailures();
    if (failures !== undefined) return { tasks: [], failures };
    const count = members.optionalInteger('count', 1, 10) ?? 1;
    const made = Array.from({ length: count }, () => createTask(world, cluster, definition, input, setup.images));
    for (const task of made) tasks.start(task);
    if (token !== undefined) tokens.set(key, { digest: requestDigest(input), tasks: made, atMs: world.nowMs() });
    return { tasks: made.map((task) => describeTask(task, true)), failures: [] };
  };
}

function listDefinitions({ definitions }: EcsSetup, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input, invalid);
  const family = members.optionalText('familyPrefix');
  const status = members.optionalText('status') ?? 'ACTIVE';
  const all = [...definitions.all.values()]
    .filter((one) => one.status === status && (family === undefined || one.family === family))
    .toSorted((left, right) =>
      left.family === right.family ? left.revision - right.revision : left.family < right.family ? -1 : 1,
    );
  const ordered = members.optionalText('sort') === 'DESC' ? all.toReversed() : all;
  const { page, more } = paged(ordered, members.optionalInteger('maxResults', 1, 100) ?? 100, input);
  return { taskDefinitionArns: page.map(({ arn }) => arn), ...more };
}

function listTasks({ tasks }: EcsSetup, cluster: Cluster, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input, invalid);
  const startedBy = members.optionalText('startedBy');
  const family = members.optionalText('family');
  if (
    startedBy !== undefined &&
    (family !== undefined || input['launchType'] !== undefined || input['serviceName'] !== undefined)
  ) {
    throw new AwsError(invalid, 'cannot specify any other parameters with startedBy');
  }
  const desired = members.optionalText('desiredStatus') ?? 'RUNNING';
  const all = tasks
    .list(cluster.arn)
    .filter(
      (task) =>
        tasks.isVisible(task) &&
        task.desiredStatus === desired &&
        (startedBy === undefined || task.input['startedBy'] === startedBy) &&
        (family === undefined || task.definition.family === family),
    );
  const { page, more } = paged(all, members.optionalInteger('maxResults', 1, maxListed) ?? maxListed, input);
  return { taskArns: page.map(({ arn }) => arn), ...more };
}

function paged<T>(
  all: readonly T[],
  limit: number,
  input: Input,
): { readonly page: readonly T[]; readonly more: { readonly nextToken?: string } } {
  const from = Number(readMembers(input, invalid).optionalText('nextToken') ?? 0);
  if (!Number.isInteger(from)) throw new AwsError(invalid, 'Invalid token.');
  return {
    page: all.slice(from, from + limit),
    more: from + limit < all.length ? { nextToken: String(from + limit) } : {},
  };
}

function taskOf({ tasks }: EcsSetup, input: Input): Task {
  const arn = readMembers(input, invalid).text('resourceArn');
  const task = tasks.byArn(arn);
  if (!task) throw new AwsError(invalid, `The specified resource ${arn} was not found.`);
  return task;
}

function describeCluster({ tasks }: EcsSetup, cluster: Cluster): Readonly<Record<string, unknown>> {
  const own = tasks.list(cluster.arn);
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: 'ACTIVE',
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: [],
    runningTasksCount: own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingTasksCount: own.filter(({ lastStatus }) => lastStatus === 'PENDING' || lastStatus === 'PROVISIONING').length,
    activeServicesCount: 0,
    registeredContainerInstancesCount: 0,
  };
}
