import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { describe, expect, test } from '@jest/globals';
import { functionEnvironment, isFamilyOf, familyOf, readSettings, stackNames } from '../../src/aws/names.js';
import { makeTemplate, templateLimitBytes } from '../../src/aws/template/template.js';
import type { Value } from '../../src/aws/template/syntax.js';

const template = makeTemplate({ version: '1.2.3' });
const resources = Object.entries(template.Resources);

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object in a value, the outer ones first. */
function* objects(value: unknown): Generator<Tree> {
  if (isTree(value)) yield value;
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* objects(inner);
}

/** Statements of all policies. */
const statements = resources
  .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
  .flatMap(([name, { Properties = {} }]) =>
    [...objects(Properties)]
      .filter((one) => 'Effect' in one && !('Principal' in one))
      .map((one) => ({
        role: name,
        actions: one['Action'] as string[],
        resource: one['Resource'],
        condition: one['Condition'],
      })),
  );
const of = (role: string) => statements.filter((one) => one.role === role);

describe('the template', () => {
  test('is far below what CloudFormation takes in a request', () => {
    const bytes = Buffer.byteLength(JSON.stringify(template));
    expect(templateLimitBytes).toBe(51_200);
    expect(bytes).toBeLessThan(templateLimitBytes);
    expect(bytes).toBeLessThan(26_000);
  });

  test('has only types and properties that CloudFormation knows, and all that it requires', () => {
    expect([...unknown(template.Resources)]).toEqual([]);
    const broken = structuredClone(template.Resources) as unknown as Record<
      string,
      { Type: string; Properties: Record<string, Value> }
    >;
    broken['Function']!.Properties['LoggingConfig'] = { LogGroup: 'x', LogGrup: 'x' };
    delete broken['Table']?.Properties['KeySchema'];
    expect([...unknown(broken)]).toEqual(['Table lacks KeySchema', 'Function.LoggingConfig.LogGrup']);
  });

  test('refers only to what is in it', () => {
    const names = new Set([...Object.keys(template.Resources), ...Object.keys(template.Parameters)]);
    const used = [...objects(template)].flatMap((one) => {
      const [name] = [one['Fn::GetAtt']].flat();
      const text =
        typeof one['Fn::Sub'] === 'string' ? [...one['Fn::Sub'].matchAll(/\$\{([\w:]+)/g)].map(([, at]) => at) : [];
      return [one['Ref'], name, ...text, ...(Array.isArray(one['DependsOn']) ? one['DependsOn'] : [])];
    });
    const missing = used.filter((name) => typeof name === 'string' && !name.startsWith('AWS::') && !names.has(name));
    expect(missing).toEqual([]);
    const conditions = [...objects(template)].flatMap((one) => [one['Condition'], [one['Fn::If']].flat()[0]]);
    const unmade = conditions.filter((name) => typeof name === 'string' && !(name in template.Conditions));
    expect(unmade).toEqual([]);
  });

  test('derives every name from the stack, so that two stacks never meet', () => {
    const named = resources.flatMap(([name, { Properties = {} }]) =>
      Object.entries(Properties)
        .filter(([key]) => /^(?:Name|\w+Name)$/.test(key) && !['StageName', 'FunctionName'].includes(key))
        .map(([, value]) => [name, JSON.stringify(value)]),
    );
    expect(named.length).toBeGreaterThan(8);
    for (const [, value] of named) expect(value).toContain('${AWS::StackName}');
    // Role names are an account's, not a region's.
    for (const [name, value] of named.filter(([one]) => one?.endsWith('Role'))) {
      expect([name, value]).toEqual([name, expect.stringContaining('${AWS::Region}')]);
    }
    const filled = (stack: string): string => JSON.stringify(stackNames(stack));
    expect(filled('hawser')).not.toBe(filled('hawser-dev'));
    expect(isFamilyOf('hawser', familyOf('hawser', 'ab'.repeat(32)))).toBe(true);
    expect(isFamilyOf('hawser', familyOf('hawser-dev', 'ab'.repeat(32)))).toBe(false);
    expect(isFamilyOf('hawser', familyOf('hawser-0123456789ab', 'ab'.repeat(32)))).toBe(false);
  });

  test('gives the function exactly the environment that it reads, and no secret', () => {
    const lambda = template.Resources['Function']?.Properties as Record<string, { Variables: Record<string, Value> }>;
    const variables = lambda['Environment']?.Variables ?? {};
    expect(Object.keys(variables).toSorted()).toEqual(Object.values(functionEnvironment).toSorted());
    expect(JSON.stringify(variables)).not.toMatch(/secret|token|password|hash|\bkey\b/i);
    const text = Object.fromEntries(Object.keys(variables).map((name) => [name, 'x']));
    expect(
      readSettings({ ...text, HAWSER_SUBNETS: 'a,b', HAWSER_TASK_CPU: '256', HAWSER_ENDPOINT_PARAMETER: '' }),
    ).toMatchObject({ subnets: ['a', 'b'], taskCpu: 256, endpoint: 'x', allowedRoleArns: ['x'] });
    expect(() => readSettings({ ...text, HAWSER_TABLE: undefined })).toThrow(/lacks HAWSER_TABLE/);
  });
});

describe('what the roles may do', () => {
  const actions = statements.flatMap(({ actions: all }) => all);

  test('names every action: no wildcard, nothing of an administrator', () => {
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(JSON.stringify(template)).not.toContain('AdministratorAccess');
    expect(actions.filter((action) => /^(?:lambda|iam:(?!PassRole))/.test(action))).toEqual([]);
  });

  test('is bound to resources of the stack, but for calls that take none', () => {
    const anywhere = statements.filter(({ resource }) => resource === '*').flatMap((one) => one.actions);
    expect(anywhere.toSorted()).toEqual([
      'ecr:GetAuthorizationToken',
      'ecs:DeregisterTaskDefinition',
      'ecs:DescribeTaskDefinition',
      'ecs:ListTasks',
      'ecs:RegisterTaskDefinition',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ]);
    const only = (action: string) => statements.find((one) => one.actions.includes(action));
    const cluster = { ArnEquals: { 'ecs:cluster': { 'Fn::GetAtt': ['Cluster', 'Arn'] } } };
    expect(only('ecs:RunTask')?.condition).toEqual(cluster);
    expect(only('ecs:ListTasks')?.condition).toEqual(cluster);
    expect(JSON.stringify(only('ecs:RunTask')?.resource)).toContain(
      ':task-definition/${AWS::StackName}-????????????:*',
    );
    expect(only('dynamodb:PutItem')?.resource).toEqual({ 'Fn::GetAtt': ['Table', 'Arn'] });
    expect(JSON.stringify(only('ssm:GetParameters')?.resource)).toContain(':parameter/${AWS::StackName}/*');
    expect(JSON.stringify(only('logs:GetLogEvents')?.resource)).toContain('log-group:/${AWS::StackName}/executions:*');
  });

  test('passes only the roles of tasks, and only to tasks', () => {
    const passing = statements.filter((one) => one.actions.includes('iam:PassRole'));
    expect(passing.map(({ resource }) => resource)).toEqual([
      [{ 'Fn::GetAtt': ['ExecutionRole', 'Arn'] }, { 'Fn::GetAtt': ['TaskRole', 'Arn'] }],
      { Ref: 'AllowedTaskRoleArns' },
    ]);
    for (const { condition } of passing) {
      expect(condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
    }
  });

  test('gives a command nothing by default, and a session only when attaching is allowed', () => {
    const task = template.Resources['TaskRole']?.Properties;
    const nothing = { Ref: 'AWS::NoValue' };
    expect(task?.['ManagedPolicyArns']).toEqual({ 'Fn::If': ['HasTaskPolicies', { Ref: 'TaskPolicyArns' }, nothing] });
    expect(template.Parameters['TaskPolicyArns']?.Default).toBe('');
    expect(task?.['Policies']).toMatchObject({ 'Fn::If': ['CanAttach', [{ PolicyName: 'attach' }], nothing] });
    expect(
      of('TaskRole')
        .flatMap((one) => one.actions)
        .every((action) => action.startsWith('ssmmessages:')),
    ).toBe(true);
    expect(
      of('ExecutionRole')
        .flatMap((one) => one.actions)
        .toSorted(),
    ).toEqual([
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:GetAuthorizationToken',
      'ecr:GetDownloadUrlForLayer',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
  });
});

describe('the doors', () => {
  test('ask for a signature as AuthMode says, but never of tasks', () => {
    const auth = (name: string) => template.Resources[name]?.Properties?.['AuthorizationType'];
    expect(auth('ProxyPost')).toEqual({ 'Fn::If': ['AuthIam', 'AWS_IAM', 'NONE'] });
    expect([auth('TaskGet'), auth('TaskPost'), auth('IamGet')]).toEqual(['NONE', 'NONE', 'AWS_IAM']);
    expect(template.Resources['Stage']?.Properties?.['MethodSettings']).toMatchObject([
      { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
    ]);
  });

  test('are deployed anew when AuthMode changes: a deployment never follows its methods', () => {
    const deployments = resources.filter(([, { Type }]) => Type === 'AWS::ApiGateway::Deployment');
    expect(deployments.map(([, { Condition }]) => Condition)).toEqual(['RestKey', 'RestIam', 'RestBoth']);
  });

  test('a public function URL has both of the permissions that it needs', () => {
    const permissions = ['FunctionUrlPermission', 'FunctionByUrlPermission'].map(
      (name) => template.Resources[name]?.Properties,
    );
    expect(permissions).toMatchObject([
      { Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' },
      { Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
    ]);
  });
});

test('logs outlive the stack, but no creation that failed', () => {
  expect(template.Resources['RunLogs']?.DeletionPolicy).toBe('RetainExceptOnCreate');
  expect(template.Parameters['LogRetentionDays']?.Default).toBe('30');
});

/** Paths of types and properties that AWS's own description of CloudFormation lacks, and required ones that are missing. */
function* unknown(
  all: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>,
): Generator<string> {
  const spec = loadAwsServiceSpecSync();
  type Properties = Readonly<Record<string, { readonly type: unknown; readonly required?: boolean }>>;
  function* walk(path: string, value: unknown, type: unknown): Generator<string> {
    const kind = type as { type: string; reference?: { $ref: string }; element?: unknown };
    if (kind.type === 'array' && Array.isArray(value)) for (const one of value) yield* walk(path, one, kind.element);
    if (kind.type !== 'ref' || !isTree(value) || Object.keys(value).some((key) => /^(?:Ref|Fn::)/.test(key))) return;
    yield* check(path, value, spec.get('typeDefinition', kind.reference as never).properties);
  }
  function* check(path: string, value: Tree, properties: Properties): Generator<string> {
    for (const [name, inner] of Object.entries(value)) {
      const known = properties[name];
      if (known === undefined) yield `${path}.${name}`;
      else yield* walk(`${path}.${name}`, inner, known.type);
    }
    for (const [name, { required }] of Object.entries(properties)) {
      if (required === true && !(name in value)) yield `${path} lacks ${name}`;
    }
  }
  for (const [name, { Type, Properties = {} }] of Object.entries(all)) {
    const [type] = spec.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (type === undefined) yield `${name} is of no known type`;
    else yield* check(name, Properties as Tree, type.properties);
  }
}
