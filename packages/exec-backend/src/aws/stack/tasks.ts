import { isFamilyOf } from '../names.js';
import type { Account } from './account.js';
import { call, pace } from './call.js';
import { awsCode } from '../sdk-failure.js';

/** A cluster that is not there has no tasks. */
const NO_CLUSTER = /^ClusterNotFoundException/;

/** What DeleteTaskDefinitions takes at once: its API reference. */
const DEFINITIONS_AT_ONCE = 10;

/** ARNs of the tasks of a cluster that are not at their end. */
export async function listTasks(account: Account, cluster: string, signal?: AbortSignal): Promise<readonly string[]> {
  const [client, { ListTasksCommand }] = await Promise.all([account.ecs(), import('@aws-sdk/client-ecs')]);
  const found = new Set<string>();
  // Without a status, ListTasks tells of those that shall run; one that is on its way out shall not any more.
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
      const page = await call(
        'ecs:ListTasks',
        (cancel) =>
          client.send(
            new ListTasksCommand({ cluster, desiredStatus, ...(nextToken !== undefined && { nextToken }) }),
            cancel,
          ),
        { passes: NO_CLUSTER, signal },
      ).catch((error: unknown) => {
        if (NO_CLUSTER.test(awsCode(error))) return { taskArns: [], nextToken: undefined };
        throw error;
      });
      for (const arn of page.taskArns ?? []) found.add(arn);
      nextToken = page.nextToken;
    }
  }
  return unfinished(account, cluster, [...found], signal);
}

/** Those of the tasks that have not stopped: a stopped one stays listed for an hour. */
async function unfinished(
  account: Account,
  cluster: string,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const [client, { DescribeTasksCommand }] = await Promise.all([account.ecs(), import('@aws-sdk/client-ecs')]);
  const open: string[] = [];
  // DescribeTasks takes 100 at once.
  for (let at = 0; at < arns.length; at += 100) {
    const { tasks = [] } = await call(
      'ecs:DescribeTasks',
      (cancel) => client.send(new DescribeTasksCommand({ cluster, tasks: arns.slice(at, at + 100) }), cancel),
      { signal },
    );
    for (const { taskArn = '', lastStatus } of tasks) if (lastStatus !== 'STOPPED') open.push(taskArn);
  }
  return open;
}

/** Stops every task of a cluster, and resolves when all have stopped. */
export async function stopTasks(
  account: Account,
  options: {
    readonly cluster: string;
    readonly reason: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { cluster, reason, signal } = options;
  const [client, { StopTaskCommand }] = await Promise.all([account.ecs(), import('@aws-sdk/client-ecs')]);
  const asked = new Set<string>();
  const rhythm = pace({ signal });
  for (;;) {
    const open = await listTasks(account, cluster, signal);
    if (open.length === 0) return;
    for (const task of open.filter((arn) => !asked.has(arn))) {
      await call('ecs:StopTask', (cancel) => client.send(new StopTaskCommand({ cluster, task, reason }), cancel), {
        signal,
      });
      asked.add(task);
      rhythm.reset();
    }
    await rhythm.next();
  }
}

/** ARNs of the task definitions that were registered for a stack's images, the deregistered ones too. */
export async function listDefinitions(
  account: Account,
  stack: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const [client, { ListTaskDefinitionFamiliesCommand, ListTaskDefinitionsCommand }] = await Promise.all([
    account.ecs(),
    import('@aws-sdk/client-ecs'),
  ]);
  const families: string[] = [];
  for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
    const page = await call(
      'ecs:ListTaskDefinitionFamilies',
      (cancel) =>
        client.send(
          new ListTaskDefinitionFamiliesCommand({
            familyPrefix: `${stack}-`,
            status: 'ALL',
            ...(nextToken !== undefined && { nextToken }),
          }),
          cancel,
        ),
      { signal },
    );
    families.push(...(page.families ?? []).filter((family) => isFamilyOf(stack, family)));
    nextToken = page.nextToken;
  }
  const arns: string[] = [];
  for (const familyPrefix of families) {
    for (const status of ['ACTIVE', 'INACTIVE'] as const) {
      for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
        const page = await call(
          'ecs:ListTaskDefinitions',
          (cancel) =>
            client.send(
              new ListTaskDefinitionsCommand({ familyPrefix, status, ...(nextToken !== undefined && { nextToken }) }),
              cancel,
            ),
          { signal },
        );
        arns.push(...(page.taskDefinitionArns ?? []));
        nextToken = page.nextToken;
      }
    }
  }
  return arns;
}

/** Removes task definitions: each is deregistered first, one a second once a burst of twenty is used up. */
export async function deleteDefinitions(
  account: Account,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const [client, { DeleteTaskDefinitionsCommand, DeregisterTaskDefinitionCommand }] = await Promise.all([
    account.ecs(),
    import('@aws-sdk/client-ecs'),
  ]);
  for (const taskDefinition of arns) {
    await call(
      'ecs:DeregisterTaskDefinition',
      (cancel) => client.send(new DeregisterTaskDefinitionCommand({ taskDefinition }), cancel),
      { signal },
    );
  }
  for (let at = 0; at < arns.length; at += DEFINITIONS_AT_ONCE) {
    const taskDefinitions = arns.slice(at, at + DEFINITIONS_AT_ONCE);
    await call(
      'ecs:DeleteTaskDefinitions',
      (cancel) => client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions }), cancel),
      { signal },
    );
  }
}
