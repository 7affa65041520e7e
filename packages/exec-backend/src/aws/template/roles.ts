import { familyPattern, type StackNames } from '../names.js';
import { arn, att, nothing, ref, type Resource, type Resources, sub, type Value, when } from './syntax.js';

/** One statement of a policy. */
type Statement = Readonly<Record<string, Value>>;

const allow = (Action: readonly string[], Resource: Value, Condition?: Value): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition !== undefined && { Condition }),
});

const role = (
  purpose: string,
  principal: string,
  statements: readonly Value[],
  more: Readonly<Record<string, Value>> = {},
): Resource => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    // Role names are the account's, not the region's.
    RoleName: sub(`\${AWS::StackName}-\${AWS::Region}-${purpose}`),
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: principal },
          Action: 'sts:AssumeRole',
          ...(principal === 'ecs-tasks.amazonaws.com' && {
            Condition: { StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') } },
          }),
        },
      ],
    },
    ...(statements.length > 0 && {
      Policies: [{ PolicyName: purpose, PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    }),
    ...more,
  },
});

const passedToTasks: Value = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };
const onCluster: Value = { ArnEquals: { 'ecs:cluster': att('Cluster', 'Arn') } };
const sessionActions = [
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];

/** What the function may do: start, see and stop the tasks of one cluster, and keep its own records. */
const serviceStatements = (names: StackNames): readonly Value[] => {
  const tasks = arn('ecs', `task/${names.cluster}/*`);
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', `log-group:${names.serviceLogGroup}:*`)),
    allow(['logs:GetLogEvents', 'logs:FilterLogEvents'], arn('logs', `log-group:${names.runLogGroup}:*`)),
    allow(['ecs:RunTask'], arn('ecs', `task-definition/\${AWS::StackName}-${familyPattern}:*`), onCluster),
    allow(['ecs:DescribeTasks', 'ecs:StopTask'], tasks),
    allow(['ecs:ListTasks'], '*', onCluster),
    // These three take no resource: Service Authorization Reference, Amazon ECS.
    allow(['ecs:RegisterTaskDefinition', 'ecs:DescribeTaskDefinition', 'ecs:DeregisterTaskDefinition'], '*'),
    allow(['ecs:TagResource'], [tasks, arn('ecs', `task-definition/\${AWS::StackName}-${familyPattern}:*`)], {
      StringEquals: { 'ecs:CreateAction': ['RunTask', 'RegisterTaskDefinition'] },
    }),
    allow(['iam:PassRole'], [att('ExecutionRole', 'Arn'), att('TaskRole', 'Arn')], passedToTasks),
    when('HasAllowedRoles', allow(['iam:PassRole'], ref('AllowedTaskRoleArns'), passedToTasks), nothing),
    allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Query'],
      att('Table', 'Arn'),
    ),
    allow(
      ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath', 'ssm:PutParameter', 'ssm:DeleteParameter'],
      arn('ssm', `parameter${names.parameterPrefix}*`),
    ),
    when('CanAttach', allow(['ecs:ExecuteCommand'], [att('Cluster', 'Arn'), tasks]), nothing),
  ];
};

/** Three roles: of the function, of ECS while it starts a task, and of the command itself, which may do nothing. */
export const roles = (names: StackNames): Resources => ({
  ServiceRole: role('service', 'lambda.amazonaws.com', serviceStatements(names)),
  ExecutionRole: role('execution', 'ecs-tasks.amazonaws.com', [
    // Gives a token for the registry, and takes no resource.
    allow(['ecr:GetAuthorizationToken'], '*'),
    allow(
      ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      sub('arn:${AWS::Partition}:ecr:*:*:repository/*'),
    ),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', `log-group:${names.runLogGroup}:*`)),
  ]),
  TaskRole: role('task', 'ecs-tasks.amazonaws.com', [], {
    ManagedPolicyArns: when('HasTaskPolicies', ref('TaskPolicyArns'), nothing),
    Policies: when(
      'CanAttach',
      [
        {
          PolicyName: 'attach',
          // A session's channels have no ARN: Service Authorization Reference, Amazon Session Manager Message Gateway.
          PolicyDocument: { Version: '2012-10-17', Statement: [allow(sessionActions, '*')] },
        },
      ],
      nothing,
    ),
  }),
});
