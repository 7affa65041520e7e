import type { Input } from '../../ssm/api/operation.js';
import type { World } from '../world.js';
import type { Wish } from './evaluate.js';
import { textOf } from '../text.js';

/** What is asked of a service. */
interface Asked {
  readonly service: string;
  readonly operation: string;
  readonly input: Input;
}

/** Looks up what a request names only in short. */
export interface Lookup {
  /** ARN of the task definition that would be run, and the roles that it passes on. */
  definition(name: string): { readonly arn: string; readonly roles: readonly string[] } | undefined;
}

const tasksService = 'ecs-tasks.amazonaws.com';

/**
 * What a request needs to be allowed, as far as the Service Authorization Reference gives the actions resources; of other
 * services the action alone counts.
 */
export function wishesOf(world: World, lookup: Lookup, asked: Asked): readonly Wish[] {
  const { service, operation, input } = asked;
  const action = `${service}:${operation}`;
  const wish = (resource: string, context: Readonly<Record<string, string>> = {}): Wish => ({
    action,
    resource,
    context,
  });
  switch (service) {
    case 'ecs':
      return ecsWishes(world, lookup, asked);
    case 'logs': {
      const group = textOf(input['logGroupName'] ?? '');
      return [wish(world.arn('logs', `log-group:${group}:log-stream:${textOf(input['logStreamName'] ?? '')}`))];
    }
    case 'dynamodb': {
      const names = [input['TableName'] ?? Object.keys((input['RequestItems'] as Input | undefined) ?? {})].flat();
      const index = input['IndexName'] === undefined ? '' : `/index/${textOf(input['IndexName'])}`;
      return names.map((name) => wish(world.arn('dynamodb', `table/${textOf(name).split('/').at(-1)}${index}`)));
    }
    case 'ssm': {
      const names = [input['Name'] ?? input['Path'] ?? input['Names'] ?? []].flat().map(String);
      return names.map((name) =>
        wish(world.arn('ssm', `parameter/${name.replace(/^\//u, '').replace(/(?<=.)\/$/u, '')}`)),
      );
    }
    case 'lambda':
      return [wish(world.arn('lambda', `function:${textOf(input['FunctionName'] ?? '')}`))];
    // Anybody may ask who they are.
    case 'sts':
      return [];
    default:
      return [wish('*')];
  }
}

function ecsWishes(world: World, lookup: Lookup, { operation, input }: Asked): readonly Wish[] {
  const clusterName = textOf(input['cluster'] ?? 'default').replace(/^arn:.*:cluster\//u, '');
  const cluster = world.arn('ecs', `cluster/${clusterName}`);
  const onCluster = { 'ecs:cluster': cluster };
  const wish = (action: string, resource: string, context: Readonly<Record<string, string>> = {}): Wish => ({
    action,
    resource,
    context,
  });
  const task = (name: unknown): string =>
    String(name).startsWith('arn:') ? String(name) : world.arn('ecs', `task/${clusterName}/${String(name)}`);
  const pass = (roles: readonly unknown[]): readonly Wish[] =>
    roles
      .filter((role) => role !== undefined)
      .map((role) => wish('iam:PassRole', textOf(role), { 'iam:passedtoservice': tasksService }));
  const tags = (resource: string): readonly Wish[] =>
    Array.isArray(input['tags']) && input['tags'].length > 0
      ? [wish('ecs:TagResource', resource, { 'ecs:createaction': operation })]
      : [];
  switch (operation) {
    case 'RunTask': {
      const definition = lookup.definition(String(input['taskDefinition']));
      const overrides = input['overrides'] as Input | undefined;
      return [
        wish('ecs:RunTask', definition?.arn ?? '*', onCluster),
        ...pass([...(definition?.roles ?? []), overrides?.['taskRoleArn'], overrides?.['executionRoleArn']]),
        ...tags(world.arn('ecs', `task/${clusterName}/*`)),
      ];
    }
    case 'RegisterTaskDefinition':
      return [
        wish('ecs:RegisterTaskDefinition', '*'),
        ...pass([input['taskRoleArn'], input['executionRoleArn']]),
        ...tags(world.arn('ecs', `task-definition/${String(input['family'])}:1`)),
      ];
    case 'DescribeTasks':
      return [input['tasks'] ?? []].flat().map((name) => wish('ecs:DescribeTasks', task(name), onCluster));
    case 'StopTask':
      return [wish('ecs:StopTask', task(input['task']), onCluster)];
    case 'ExecuteCommand':
      return [
        wish('ecs:ExecuteCommand', cluster, onCluster),
        wish('ecs:ExecuteCommand', task(input['task']), onCluster),
      ];
    case 'TagResource':
    case 'UntagResource':
    case 'ListTagsForResource':
      return [wish(`ecs:${operation}`, String(input['resourceArn']))];
    default:
      return [wish(`ecs:${operation}`, '*', onCluster)];
  }
}
