import { describe, expect, test } from '@jest/globals';
import {
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  UpdateStackCommand,
  ValidateTemplateCommand,
  type CreateStackCommandInput,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { eventually, shell, useAws } from '../support/aws.js';

const aws = useAws();
let stacks = 0;

const group = (more: object = {}): object => ({
  Type: 'AWS::Logs::LogGroup',
  Properties: { LogGroupName: { 'Fn::Sub': '/${AWS::StackName}/a' }, RetentionInDays: { Ref: 'Days' } },
  ...more,
});

const template = (more: { Resources?: object; [section: string]: unknown } = {}): string =>
  JSON.stringify({
    Parameters: {
      Days: { Type: 'Number', Default: 30, AllowedValues: [7, 30] },
      Zones: { Type: 'CommaDelimitedList', Default: 'x, y' },
      Secret: { Type: 'String', Default: '', NoEcho: true, AllowedPattern: '[a-z]*' },
    },
    Conditions: {
      Long: { 'Fn::Equals': [{ Ref: 'Days' }, '30'] },
      Both: { 'Fn::And': [{ Condition: 'Long' }, { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }] },
    },
    ...more,
    Resources: {
      Group: group(),
      Cluster: {
        Type: 'AWS::ECS::Cluster',
        DependsOn: 'Group',
        Properties: {
          ClusterName: {
            'Fn::Join': [
              '-',
              [{ Ref: 'AWS::StackName' }, { 'Fn::Select': [1, { 'Fn::Split': ['/', { Ref: 'Group' }] }] }],
            ],
          },
        },
      },
      ...more.Resources,
    },
    Outputs: {
      Cluster: { Value: { 'Fn::GetAtt': ['Cluster', 'Arn'] } },
      Zones: { Value: { 'Fn::Join': ['+', { Ref: 'Zones' }] } },
      Long: { Condition: 'Both', Value: { 'Fn::If': ['Long', 'long', 'short'] } },
    },
  });

const newName = (): string => `stack-${(stacks += 1)}`;
const create = (StackName: string, more: Partial<CreateStackCommandInput> = {}) =>
  aws.stacks.send(new CreateStackCommand({ StackName, TemplateBody: template(), ...more }));

/** The stack when nothing is being done to it any more. */
const settled = (StackName: string): Promise<Stack> =>
  eventually(async () => {
    const { Stacks } = await aws.stacks.send(new DescribeStacksCommand({ StackName }));
    return Stacks![0]!.StackStatus!.endsWith('_IN_PROGRESS') ? undefined : Stacks![0];
  });

const events = async (StackName: string) =>
  (await aws.stacks.send(new DescribeStackEventsCommand({ StackName }))).StackEvents!.toReversed();

const stories = async (StackName: string) =>
  (await events(StackName)).map(({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${ResourceStatus}`);

describe('a stack', () => {
  test('is made in the order of what depends on what, and tells of it', async () => {
    const name = newName();
    const { StackId } = await create(name, { ClientRequestToken: 'token-1', Tags: [{ Key: 'a', Value: 'b' }] });
    const stack = await settled(name);
    expect(stack).toMatchObject({ StackId, StackStatus: 'CREATE_COMPLETE', Tags: [{ Key: 'a', Value: 'b' }] });
    expect(stack.Outputs).toEqual([
      { OutputKey: 'Cluster', OutputValue: `arn:aws:ecs:us-east-1:123456789012:cluster/${name}-${name}` },
      { OutputKey: 'Zones', OutputValue: 'x+y' },
      { OutputKey: 'Long', OutputValue: 'long' },
    ]);
    expect(stack.Parameters).toContainEqual({ ParameterKey: 'Secret', ParameterValue: '****' });
    expect(await stories(name)).toEqual([
      `${name} CREATE_IN_PROGRESS`,
      'Group CREATE_IN_PROGRESS',
      'Group CREATE_COMPLETE',
      'Cluster CREATE_IN_PROGRESS',
      'Cluster CREATE_COMPLETE',
      `${name} CREATE_COMPLETE`,
    ]);
    expect(new Set((await events(name)).map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(
      new Set(['token-1']),
    );
    const { StackResourceSummaries } = await aws.stacks.send(new ListStackResourcesCommand({ StackName: name }));
    expect(StackResourceSummaries).toMatchObject([
      { LogicalResourceId: 'Group', PhysicalResourceId: `/${name}/a`, ResourceType: 'AWS::Logs::LogGroup' },
      { LogicalResourceId: 'Cluster' },
    ]);
    expect((await aws.stacks.send(new GetTemplateCommand({ StackName: name }))).TemplateBody).toBe(template());
    await expect(create(name)).rejects.toMatchObject({ name: 'AlreadyExistsException' });
  });

  test('can be written in YAML with its short forms', async () => {
    const name = newName();
    const TemplateBody = `
Parameters: { Word: { Type: String, Default: w } }
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub '/\${AWS::StackName}/\${Word}'
Outputs:
  Name: { Value: !Join ['', [!Ref Group, '!', !GetAtt Group.Arn]] }
`;
    await create(name, { TemplateBody });
    expect((await settled(name)).Outputs![0]!.OutputValue).toBe(
      `/${name}/w!arn:aws:logs:us-east-1:123456789012:log-group:/${name}/w:*`,
    );
  });

  test('that fails is rolled back with the reason, and must be deleted before it is made again', async () => {
    const name = newName();
    aws.aws.faults = { resourceFails: { Cluster: 'Service-linked role is missing.' } };
    await create(name);
    const stack = await settled(name);
    aws.aws.faults = {};
    expect(stack).toMatchObject({ StackStatus: 'ROLLBACK_COMPLETE' });
    const told = await events(name);
    expect(told).toContainEqual(
      expect.objectContaining({
        LogicalResourceId: 'Cluster',
        ResourceStatus: 'CREATE_FAILED',
        ResourceStatusReason: 'Service-linked role is missing.',
      }),
    );
    expect(told).toContainEqual(
      expect.objectContaining({
        ResourceStatus: 'ROLLBACK_IN_PROGRESS',
        ResourceStatusReason: expect.stringContaining('[Cluster]'),
      }),
    );
    expect((await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: `/${name}/` }))).logGroups).toEqual(
      [],
    );
    await expect(
      aws.stacks.send(new UpdateStackCommand({ StackName: name, TemplateBody: template() })),
    ).rejects.toMatchObject({ name: 'ValidationError' });
    await aws.stacks.send(new DeleteStackCommand({ StackName: name }));
    expect(await settled(stack.StackId!)).toMatchObject({ StackStatus: 'DELETE_COMPLETE' });
    await create(name);
    expect(await settled(name)).toMatchObject({ StackStatus: 'CREATE_COMPLETE' });
  });

  test('whose outputs ask for what is not there is rolled back too', async () => {
    const name = newName();
    const whole = JSON.parse(template()) as object;
    const TemplateBody = JSON.stringify({
      ...whole,
      Outputs: { No: { Value: { 'Fn::GetAtt': ['Group', 'Nothing'] } } },
    });
    await create(name, { TemplateBody });
    expect(await settled(name)).toMatchObject({ StackStatus: 'ROLLBACK_COMPLETE' });
    expect((await events(name)).map((event) => event.ResourceStatusReason)).toContainEqual(
      expect.stringContaining('does not support attribute type Nothing'),
    );
  });

  test('that cannot be deleted whole stays half, and goes by force; what is to be kept is kept', async () => {
    const name = newName();
    await create(name, {
      TemplateBody: template({
        Resources: { Kept: group({ DeletionPolicy: 'Retain', Properties: { LogGroupName: `/kept/${name}` } }) },
      }),
    });
    const { StackId } = await settled(name);
    aws.aws.faults = { deleteFails: ['Group'] };
    await aws.stacks.send(new DeleteStackCommand({ StackName: name }));
    expect(await settled(name)).toMatchObject({
      StackStatus: 'DELETE_FAILED',
      StackStatusReason: expect.stringContaining('[Group]'),
    });
    await aws.stacks.send(new DeleteStackCommand({ StackName: name, DeletionMode: 'FORCE_DELETE_STACK' }));
    expect(await settled(StackId!)).toMatchObject({ StackStatus: 'DELETE_COMPLETE' });
    aws.aws.faults = {};
    const left = aws.aws.inventory()['logGroups']!;
    expect(left).toContain(`/kept/${name}`);
    expect(left).toContain(`/${name}/a`);
    await expect(aws.stacks.send(new DescribeStacksCommand({ StackName: name }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: `Stack with id ${name} does not exist`,
    });
  });

  test('is not deleted while tasks run in its cluster', async () => {
    const name = newName();
    await create(name);
    const { StackId } = await settled(name);
    const definition = await aws.define([{ stopTimeout: 0, ...shell('sleep 600') }]);
    const task = await aws.run(definition, { cluster: `${name}-${name}` });
    await aws.stacks.send(new DeleteStackCommand({ StackName: name }));
    expect(await settled(name)).toMatchObject({ StackStatus: 'DELETE_FAILED' });
    await aws.aws.stopTask(task, { stopCode: 'UserInitiated', reason: 'x' });
    await aws.stacks.send(new DeleteStackCommand({ StackName: name, RetainResources: [] }));
    expect(await settled(StackId!)).toMatchObject({ StackStatus: 'DELETE_COMPLETE' });
  });

  test('is updated in place or by a new resource, and taken back when that fails', async () => {
    const name = newName();
    await create(name);
    await settled(name);
    const update = (more: object) =>
      aws.stacks.send(new UpdateStackCommand({ StackName: name, UsePreviousTemplate: true, ...more }));
    await expect(update({})).rejects.toMatchObject({ message: 'No updates are to be performed.' });
    await update({ Parameters: [{ ParameterKey: 'Days', ParameterValue: '7' }] });
    expect(await settled(name)).toMatchObject({ StackStatus: 'UPDATE_COMPLETE' });
    const retention = async () =>
      (await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: `/${name}/` }))).logGroups!.map((one) => [
        one.logGroupName,
        one.retentionInDays,
      ]);
    expect(await retention()).toEqual([[`/${name}/a`, 7]]);
    aws.aws.faults = { resourceFails: { Other: 'No.' } };
    const renamed = template({
      Resources: { Group: group({ Properties: { LogGroupName: `/${name}/b` } }), Other: group({ Properties: {} }) },
    });
    await aws.stacks.send(
      new UpdateStackCommand({
        StackName: name,
        TemplateBody: renamed,
        Parameters: [{ ParameterKey: 'Days', UsePreviousValue: true }],
      }),
    );
    await settled(name);
    expect((await stories(name)).slice(-6)).toEqual([
      `${name} UPDATE_ROLLBACK_IN_PROGRESS`,
      'Group UPDATE_COMPLETE',
      `${name} UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS`,
      'Group DELETE_IN_PROGRESS',
      'Group DELETE_COMPLETE',
      `${name} UPDATE_ROLLBACK_COMPLETE`,
    ]);
    aws.aws.faults = {};
    expect(await retention()).toEqual([[`/${name}/a`, 7]]);
  });
});

describe('a change set', () => {
  const change = (StackName: string, more: object = {}) =>
    aws.stacks.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: `set-${(stacks += 1)}`,
        ChangeSetType: 'CREATE',
        TemplateBody: template(),
        ...more,
      }),
    );

  test('of a new stack leaves it in review until it is carried out', async () => {
    const name = newName();
    const { Id } = await change(name);
    const set = await aws.stacks.send(new DescribeChangeSetCommand({ ChangeSetName: Id }));
    expect(set).toMatchObject({ Status: 'CREATE_COMPLETE', ExecutionStatus: 'AVAILABLE' });
    expect(
      set.Changes!.map(({ ResourceChange }) => [ResourceChange!.Action, ResourceChange!.LogicalResourceId]),
    ).toEqual([
      ['Add', 'Group'],
      ['Add', 'Cluster'],
    ]);
    const { Stacks } = await aws.stacks.send(new DescribeStacksCommand({ StackName: name }));
    expect(Stacks![0]!.StackStatus).toBe('REVIEW_IN_PROGRESS');
    await aws.stacks.send(new ExecuteChangeSetCommand({ ChangeSetName: Id, ClientRequestToken: 't' }));
    expect(await settled(name)).toMatchObject({ StackStatus: 'CREATE_COMPLETE' });
    const modify = await change(name, {
      ChangeSetType: 'UPDATE',
      Parameters: [{ ParameterKey: 'Days', ParameterValue: '7' }],
    });
    const { Changes } = await aws.stacks.send(new DescribeChangeSetCommand({ ChangeSetName: modify.Id }));
    expect(Changes).toMatchObject([
      { ResourceChange: { Action: 'Modify', LogicalResourceId: 'Group', Replacement: 'False' } },
    ]);
    const none = await change(name, { ChangeSetType: 'UPDATE' });
    expect(await aws.stacks.send(new DescribeChangeSetCommand({ ChangeSetName: none.Id }))).toMatchObject({
      Status: 'FAILED',
      ExecutionStatus: 'UNAVAILABLE',
      StatusReason: expect.stringContaining("didn't contain changes"),
    });
    await aws.stacks.send(new DeleteChangeSetCommand({ ChangeSetName: none.Id }));
    await expect(aws.stacks.send(new DescribeChangeSetCommand({ ChangeSetName: none.Id }))).rejects.toMatchObject({
      name: 'ChangeSetNotFoundException',
    });
  });

  test('that is dropped leaves a stack in review, which can be deleted', async () => {
    const name = newName();
    const { StackId } = await change(name);
    await aws.stacks.send(new DeleteStackCommand({ StackName: name }));
    expect(await settled(StackId!)).toMatchObject({ StackStatus: 'DELETE_COMPLETE' });
  });
});

describe('a template is refused', () => {
  const role = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r', AssumeRolePolicyDocument: {} } };
  test.each([
    [
      'with a type that is not known',
      { Resources: { X: { Type: 'AWS::S3::Bucket' } } },
      {},
      /Unrecognized resource types: \[AWS::S3::Bucket\]/,
    ],
    [
      'with a reference to nothing',
      { Resources: { X: group({ Properties: { LogGroupName: { Ref: 'Nobody' } } }) } },
      {},
      /Unresolved resource dependencies \[Nobody\]/,
    ],
    [
      'with a circle',
      { Resources: { X: group({ DependsOn: 'Y' }), Y: group({ DependsOn: 'X' }) } },
      {},
      /Circular dependency/,
    ],
    [
      'with a function that is not known',
      {
        Conditions: { C: { 'Fn::Nope': [] }, Long: { Condition: 'C' }, Both: { Condition: 'C' } },
        Resources: { X: group({ Condition: 'C' }) },
      },
      {},
      /Fn::Nope/,
    ],
    ['when it is larger than a request may be', { Description: 'x'.repeat(52_000) }, {}, /less than or equal to 51200/],
    [
      'with a value that is not allowed',
      {},
      { Parameters: [{ ParameterKey: 'Days', ParameterValue: '8' }] },
      /must be one of AllowedValues/,
    ],
    [
      'with a parameter that it has not',
      {},
      { Parameters: [{ ParameterKey: 'No', ParameterValue: '8' }] },
      /\[No\] do not exist/,
    ],
    [
      'with a value that does not match',
      {},
      { Parameters: [{ ParameterKey: 'Secret', ParameterValue: 'A' }] },
      /must match pattern/,
    ],
    [
      'when a rule of its own does not hold',
      { Rules: { R: { Assertions: [{ Assert: { 'Fn::Contains': [['a'], 'b'] }, AssertDescription: 'not so' }] } } },
      {},
      /not so/,
    ],
  ])('%s', async (_why, more, input, message) => {
    const name = newName();
    await expect(create(name, { TemplateBody: template(more), ...input })).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(message),
    });
    const { StackSummaries } = await aws.stacks.send(new ListStacksCommand({}));
    expect(StackSummaries!.map(({ StackName }) => StackName)).not.toContain(name);
  });

  test('with named roles, unless that is allowed', async () => {
    const TemplateBody = template({ Resources: { Role: role } });
    await expect(create(newName(), { TemplateBody })).rejects.toMatchObject({
      name: 'InsufficientCapabilitiesException',
    });
    expect(await aws.stacks.send(new ValidateTemplateCommand({ TemplateBody }))).toMatchObject({
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    });
  });
});
