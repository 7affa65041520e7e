import type { Stack } from './cloudformation/stack.js';
import type { Tables } from './dynamodb/service.js';
import type { Network } from './ec2/network.js';
import type { Clusters } from './ecs/clusters.js';
import type { TaskDefinitions } from './ecs/definitions.js';
import type { Tasks } from './ecs/tasks.js';
import type { Bus } from './events/bus.js';
import type { RestApis } from './gateway/apis.js';
import type { Roles } from './iam/roles.js';
import type { Functions } from './lambda/functions.js';
import type { LogGroups } from './logs/groups.js';
import type { Parameters } from './ssm/parameters.js';

/** Everything that an account can have. */
export interface Account {
  readonly stacks: () => readonly Stack[];
  readonly network: Network;
  readonly clusters: Clusters;
  readonly definitions: TaskDefinitions;
  readonly tasks: Tasks;
  readonly groups: LogGroups;
  readonly tables: Tables;
  readonly parameters: Parameters;
  readonly roles: Roles;
  readonly functions: Functions;
  readonly apis: RestApis;
  readonly bus: Bus;
}

/** Names of what is there, by kind; a kind without anything is left out, and so is what every account has. */
export function takeInventory(account: Account): Readonly<Record<string, readonly string[]>> {
  const clusters = [...account.clusters.all.values()];
  const all: Readonly<Record<string, readonly string[]>> = {
    stacks: account.stacks().map(({ name }) => name),
    network: [...account.network.all.values()]
      .filter(({ properties }) => properties['isDefault'] !== true)
      .map(({ id }) => id),
    clusters: clusters.map(({ name }) => name),
    taskDefinitions: [...account.definitions.all.keys()],
    tasks: clusters
      .flatMap(({ arn }) => account.tasks.list(arn))
      .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
      .map(({ arn }) => arn),
    logGroups: [...account.groups.all.keys()],
    tables: account.tables.names(),
    parameters: [...account.parameters.all.keys()],
    roles: [...account.roles.all.keys()],
    functions: [...account.functions.all.keys()],
    apis: [...account.apis.all.values()].map(({ name }) => name),
    rules: [...account.bus.rules.keys()],
  };
  return Object.fromEntries(Object.entries(all).filter(([, names]) => names.length > 0));
}
