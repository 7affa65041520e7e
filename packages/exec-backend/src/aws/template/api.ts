import { createHash } from 'node:crypto';
import { paths, type StackNames } from '../names.js';
import { arn, att, ref, type Resource, type Resources, sub, type Value, when } from './syntax.js';

const verbs = ['GET', 'POST', 'DELETE'] as const;

const resource = (parent: Value, PathPart: string, Condition: string): Resource => ({
  Type: 'AWS::ApiGateway::Resource',
  Condition,
  Properties: { RestApiId: ref('Api'), ParentId: parent, PathPart },
});

const method = (HttpMethod: string, ResourceId: string, AuthorizationType: Value, Condition: string): Resource => ({
  Type: 'AWS::ApiGateway::Method',
  Condition,
  Properties: {
    RestApiId: ref('Api'),
    ResourceId: ref(ResourceId),
    HttpMethod,
    AuthorizationType,
    Integration: {
      Type: 'AWS_PROXY',
      IntegrationHttpMethod: 'POST',
      Uri: sub(
        'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations',
      ),
    },
  },
});

/** Everything goes to the function; who has to sign is said by path. */
const doors = [
  { name: 'Proxy', prefix: '', auth: when('AuthIam', 'AWS_IAM', 'NONE'), condition: 'UseRest' },
  { name: 'Task', prefix: paths.task, auth: 'NONE', condition: 'UseRest' },
  { name: 'Iam', prefix: paths.iam, auth: 'AWS_IAM', condition: 'RestBoth' },
] as const;

const resources: Resources = Object.fromEntries(
  doors.flatMap(({ name, prefix, condition }) => [
    ...(prefix === '' ? [] : [[`${name}Root`, resource(att('Api', 'RootResourceId'), prefix.slice(1), condition)]]),
    [`${name}Path`, resource(prefix === '' ? att('Api', 'RootResourceId') : ref(`${name}Root`), '{proxy+}', condition)],
  ]) as [string, Resource][],
);

const methods: Resources = Object.fromEntries(
  doors.flatMap(({ name, auth, condition }) =>
    verbs.map((verb) => [
      `${name}${verb[0]}${verb.slice(1).toLowerCase()}`,
      method(verb, `${name}Path`, auth, condition),
    ]),
  ),
);

/**
 * A deployment is a picture of the methods that never changes: what changes them, here or by a parameter, must make a
 * new one. So there is one per mode, and its name follows from the methods.
 */
const modes = ['Key', 'Iam', 'Both'] as const;
const digest = createHash('sha256')
  .update(JSON.stringify([resources, methods]))
  .digest('hex')
  .slice(0, 8);
const deploymentOf = (mode: (typeof modes)[number]): string => `Deployment${mode}${digest}`;

/** The REST API. Its access is logged by the function: a stage's own log needs a role that is set for a whole account. */
export const api = (names: StackNames): Resources => ({
  Api: {
    Type: 'AWS::ApiGateway::RestApi',
    Condition: 'UseRest',
    Properties: {
      Name: sub(names.api),
      Description: 'Executions.',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    },
  },
  ...resources,
  ...methods,
  ...Object.fromEntries(
    modes.map((mode) => [
      deploymentOf(mode),
      {
        Type: 'AWS::ApiGateway::Deployment',
        Condition: `Rest${mode}`,
        DependsOn: Object.keys(methods).filter((name) => mode === 'Both' || !name.startsWith('Iam')),
        Properties: { RestApiId: ref('Api') },
      } satisfies Resource,
    ]),
  ),
  Stage: {
    Type: 'AWS::ApiGateway::Stage',
    Condition: 'UseRest',
    Properties: {
      RestApiId: ref('Api'),
      StageName: paths.stage,
      DeploymentId: when(
        'AuthKey',
        ref(deploymentOf('Key')),
        when('AuthIam', ref(deploymentOf('Iam')), ref(deploymentOf('Both'))),
      ),
      MethodSettings: [{ ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 }],
    },
  },
  ApiPermission: {
    Type: 'AWS::Lambda::Permission',
    Condition: 'UseRest',
    Properties: {
      FunctionName: ref('Function'),
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: arn('execute-api', '${Api}/*'),
    },
  },
});
