import type { Clusters } from '../../ecs/clusters.js';
import type { Tasks } from '../../ecs/tasks.js';
import type { Tables } from '../../dynamodb/service.js';
import type { LogGroups } from '../../logs/groups.js';
import type { World } from '../../world.js';
import type { JsonService } from '../../wire/service.js';
import { AwsError } from '../../../ssm/api/aws-error.js';
import type { Kind, Properties } from '../kind.js';
import { textOf } from '../../text.js';

/** Clusters, log groups, tables and parameters. */
export function storageKinds(setup: {
  readonly world: World;
  readonly clusters: Clusters;
  readonly tasks: Tasks;
  readonly groups: LogGroups;
  readonly tables: Tables;
  readonly ssm: JsonService;
}): Readonly<Record<string, Kind>> {
  const { world, clusters, tasks, groups, tables, ssm } = setup;
  return {
    'AWS::ECS::Cluster': {
      replaces: ['ClusterName'],
      create: (order) => {
        const name = textOf(order.properties['ClusterName'] ?? order.name());
        if (clusters.all.has(name))
          throw new Error(`Resource of type 'AWS::ECS::Cluster' with identifier '${name}' already exists.`);
        const made = clusters.create(name, providersOf(order.properties));
        return { id: made.name, attributes: { Arn: made.arn } };
      },
      update: (order, made) => {
        clusters.find(made.id).capacityProviders = providersOf(order.properties);
        return made;
      },
      remove: ({ id, attributes }) => {
        if (tasks.list(attributes['Arn']!).some(({ lastStatus }) => lastStatus !== 'STOPPED')) {
          throw new Error(
            'The Cluster cannot be deleted while Tasks are active. (Service: AmazonECS; Status Code: 400; Error Code: ClusterContainsTasksException)',
          );
        }
        if (clusters.all.has(id)) clusters.remove(clusters.find(id));
      },
    },
    'AWS::Logs::LogGroup': {
      replaces: ['LogGroupName'],
      create: (order) => {
        const name = textOf(order.properties['LogGroupName'] ?? order.name());
        if (groups.all.has(name))
          throw new Error(
            `Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"${name}"}' already exists.`,
          );
        const made = groups.create(name);
        made.retentionInDays = retentionOf(order.properties);
        return { id: name, attributes: { Arn: `${made.arn}:*` } };
      },
      update: (order, made) => {
        groups.group(made.id).retentionInDays = retentionOf(order.properties);
        return made;
      },
      remove: ({ id }) => {
        if (groups.all.has(id)) groups.remove(id);
      },
    },
    'AWS::DynamoDB::Table': {
      replaces: ['TableName', 'KeySchema'],
      create: async (order) => {
        const { TimeToLiveSpecification, PointInTimeRecoverySpecification, TableName, ...rest } = order.properties;
        const name = textOf(TableName ?? order.name());
        await tables.call('CreateTable', { ...rest, TableName: name });
        await setTableExtras(tables, name, order.properties);
        return { id: name, attributes: { Arn: world.arn('dynamodb', `table/${name}`) } };
      },
      update: async (order, made) => {
        await setTableExtras(tables, made.id, order.properties);
        return made;
      },
      remove: async ({ id }) => {
        await tables.call('DeleteTable', { TableName: id }).catch(absent);
      },
    },
    'AWS::SSM::Parameter': {
      replaces: ['Name'],
      create: async (order) => {
        const name = textOf(order.properties['Name'] ?? order.name());
        await call(ssm, 'PutParameter', { ...order.properties, Name: name });
        return {
          id: name,
          attributes: { Type: textOf(order.properties['Type']), Value: textOf(order.properties['Value']) },
        };
      },
      update: async (order, made) => {
        await call(ssm, 'PutParameter', { ...order.properties, Name: made.id, Overwrite: true });
        return { ...made, attributes: { ...made.attributes, Value: textOf(order.properties['Value']) } };
      },
      remove: async ({ id }) => {
        await call(ssm, 'DeleteParameter', { Name: id }).catch(absent);
      },
    },
  };
}

/** Calls an operation of ours as CloudFormation does. */
async function call(service: JsonService, operation: string, input: Properties): Promise<void> {
  const { Tags, ...rest } = input;
  await service.operations[operation]!(rest, {
    caller: { arn: 'arn:aws:iam::aws:cloudformation', userId: 'cloudformation' },
    requestId: '',
  });
}

/** What was removed by hand is removed. */
function absent(error: unknown): void {
  if (!(error instanceof AwsError && /NotFound/u.test(error.type))) throw error;
}

function providersOf(properties: Properties): readonly string[] {
  return ((properties['CapacityProviders'] as readonly unknown[] | undefined) ?? []).map(String);
}

function retentionOf(properties: Properties): number | undefined {
  return properties['RetentionInDays'] === undefined ? undefined : Number(properties['RetentionInDays']);
}

async function setTableExtras(tables: Tables, name: string, properties: Properties): Promise<void> {
  const { TimeToLiveSpecification, PointInTimeRecoverySpecification } = properties;
  if (TimeToLiveSpecification) await tables.call('UpdateTimeToLive', { TableName: name, TimeToLiveSpecification });
  if (PointInTimeRecoverySpecification) {
    await tables.call('UpdateContinuousBackups', { TableName: name, PointInTimeRecoverySpecification });
  }
}
