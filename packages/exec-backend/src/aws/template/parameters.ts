import { both, equals, join, not, ref, type Value } from './syntax.js';

/** Names of the template's parameters. */
export type ParameterName =
  | 'AuthMode'
  | 'Endpoint'
  | 'VpcId'
  | 'SubnetIds'
  | 'AssignPublicIp'
  | 'TaskCpu'
  | 'TaskMemory'
  | 'Architecture'
  | 'DefaultImage'
  | 'InitImage'
  | 'ShellImage'
  | 'TaskPolicyArns'
  | 'AllowedTaskRoleArns'
  | 'LogRetentionDays'
  | 'RunLogGroup'
  | 'MaxTimeoutSeconds'
  | 'EnableAttach';

/** One parameter, as CloudFormation reads it. */
export interface Parameter {
  readonly Type: 'String' | 'Number' | 'CommaDelimitedList';
  readonly Default: string;
  readonly Description: string;
  readonly AllowedValues?: readonly string[];
  readonly AllowedPattern?: string;
  readonly MinValue?: number;
  readonly MaxValue?: number;
}

/** What CloudWatch Logs takes as days of retention: PutRetentionPolicy in its API reference. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** What may be set when a stack is made, and what it is when nothing is said. */
export const parameters: Readonly<Record<ParameterName, Parameter>> = {
  AuthMode: {
    Type: 'String',
    Default: 'api-key',
    AllowedValues: ['api-key', 'iam', 'both'],
    Description: 'Who may call: holders of an API key, IAM principals that sign, or both.',
  },
  Endpoint: {
    Type: 'String',
    Default: 'rest',
    AllowedValues: ['rest', 'function-url'],
    Description: 'A REST API with throttling, or a function URL (API keys only).',
  },
  VpcId: { Type: 'String', Default: '', Description: 'An existing VPC. Empty: one with two public subnets is made.' },
  SubnetIds: {
    Type: 'CommaDelimitedList',
    Default: '',
    Description: 'Subnets of that VPC from which images, git servers and this API can be reached.',
  },
  AssignPublicIp: {
    Type: 'String',
    Default: 'ENABLED',
    AllowedValues: ['ENABLED', 'DISABLED'],
    Description: 'Public addresses for tasks; DISABLED behind a NAT gateway.',
  },
  TaskCpu: {
    Type: 'Number',
    Default: '256',
    MinValue: 256,
    MaxValue: 16384,
    Description: 'CPU units of a task that asks for none.',
  },
  TaskMemory: {
    Type: 'Number',
    Default: '512',
    MinValue: 512,
    MaxValue: 122880,
    Description: 'MiB of a task that asks for none.',
  },
  Architecture: {
    Type: 'String',
    Default: 'X86_64',
    AllowedValues: ['X86_64', 'ARM64'],
    Description: 'Of tasks whose image does not tell.',
  },
  DefaultImage: {
    Type: 'String',
    Default: 'public.ecr.aws/docker/library/debian:12-slim',
    Description: 'Image of executions that name none.',
  },
  InitImage: {
    Type: 'String',
    Default: 'public.ecr.aws/docker/library/buildpack-deps:bookworm-scm',
    Description: 'Image that clones: has git, ssh and curl.',
  },
  ShellImage: {
    Type: 'String',
    Default: 'public.ecr.aws/docker/library/busybox:1.37.0-musl',
    Description: 'Image with a static /bin/busybox, for images without a shell.',
  },
  TaskPolicyArns: {
    Type: 'CommaDelimitedList',
    Default: '',
    Description: 'Managed policies of the task role. Empty: commands may do nothing in AWS.',
  },
  AllowedTaskRoleArns: {
    Type: 'CommaDelimitedList',
    Default: '',
    Description: 'Further task roles that an execution may ask for.',
  },
  LogRetentionDays: {
    Type: 'Number',
    Default: '30',
    AllowedValues: retentionDays.map(String),
    Description: 'How long output is kept.',
  },
  RunLogGroup: {
    Type: 'String',
    Default: 'create',
    AllowedValues: ['create', 'existing'],
    Description: 'existing: the log group that an earlier stack of this name left behind.',
  },
  MaxTimeoutSeconds: {
    Type: 'Number',
    Default: '21600',
    MinValue: 60,
    MaxValue: 86400,
    Description: 'The longest timeout that an execution may ask for.',
  },
  EnableAttach: {
    Type: 'String',
    Default: 'false',
    AllowedValues: ['true', 'false'],
    Description: 'Whether a shell may be opened in a running task.',
  },
};

const isEmpty = (list: string): Value => equals(join('', ref(list)), '');

/** Names of conditions. */
export const conditions: Readonly<Record<string, Value>> = {
  MakeVpc: equals(ref('VpcId'), ''),
  MakeRunLogs: equals(ref('RunLogGroup'), 'create'),
  UseRest: equals(ref('Endpoint'), 'rest'),
  UseFunctionUrl: equals(ref('Endpoint'), 'function-url'),
  AuthKey: equals(ref('AuthMode'), 'api-key'),
  AuthIam: equals(ref('AuthMode'), 'iam'),
  AuthBoth: equals(ref('AuthMode'), 'both'),
  RestKey: both('UseRest', 'AuthKey'),
  RestIam: both('UseRest', 'AuthIam'),
  RestBoth: both('UseRest', 'AuthBoth'),
  HasTaskPolicies: not(isEmpty('TaskPolicyArns')),
  HasAllowedRoles: not(isEmpty('AllowedTaskRoleArns')),
  CanAttach: equals(ref('EnableAttach'), 'true'),
};

/** What CloudFormation refuses before it makes anything. */
export const rules: Readonly<Record<string, Value>> = {
  FunctionUrlTakesKeys: {
    RuleCondition: equals(ref('Endpoint'), 'function-url'),
    Assertions: [
      {
        Assert: equals(ref('AuthMode'), 'api-key'),
        AssertDescription: 'A function URL takes API keys only: tasks call it without a signature.',
      },
    ],
  },
  VpcHasSubnets: {
    RuleCondition: not(equals(ref('VpcId'), '')),
    Assertions: [
      {
        Assert: not({ 'Fn::Contains': [ref('SubnetIds'), ''] }),
        AssertDescription: 'An existing VPC needs SubnetIds.',
      },
    ],
  },
};
