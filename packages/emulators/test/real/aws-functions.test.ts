import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { zipSync } from 'fflate';
import { eventually, openBench, shell, signFor, type AwsBench } from '../support/aws.js';

const sub = (text: string): object => ({ 'Fn::Sub': text });
const att = (id: string, name: string): object => ({ 'Fn::GetAtt': [id, name] });
const ref = (Ref: string): object => ({ Ref });

/** A function behind a REST API, a URL, and rules, whose role may do little. */
const template = {
  Resources: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'little',
        AssumeRolePolicyDocument: { Statement: [] },
        Policies: [
          {
            PolicyName: 'p',
            PolicyDocument: {
              Statement: [
                { Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: att('Table', 'Arn') },
                {
                  Effect: 'Allow',
                  Action: ['ssm:Get*'],
                  Resource: sub('arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/mine/*'),
                },
                {
                  Effect: 'Deny',
                  Action: ['ssm:*'],
                  Resource: sub('arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/mine/hidden'),
                },
                {
                  Effect: 'Allow',
                  Action: 'ecs:ListTasks',
                  Resource: '*',
                  Condition: {
                    ArnEquals: { 'ecs:cluster': sub('arn:aws:ecs:${AWS::Region}:${AWS::AccountId}:cluster/default') },
                  },
                },
              ],
            },
          },
        ],
      },
    },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'things',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'gone', Enabled: true },
      },
    },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/service' } },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'service',
        Role: att('Role', 'Arn'),
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Timeout: 2,
        Environment: { Variables: { GREETING: 'hello' } },
        Code: { ZipFile: 'exports.handler = async () => ({ statusCode: 503, body: "placeholder" })' },
      },
    },
    Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: att('Function', 'Arn'), AuthType: 'NONE' } },
    UrlPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: ref('Function'),
        Action: 'lambda:InvokeFunctionUrl',
        Principal: '*',
        FunctionUrlAuthType: 'NONE',
      },
    },
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'api' } },
    Open: {
      Type: 'AWS::ApiGateway::Resource',
      Properties: { RestApiId: ref('Api'), ParentId: att('Api', 'RootResourceId'), PathPart: '{proxy+}' },
    },
    Signed: {
      Type: 'AWS::ApiGateway::Resource',
      Properties: { RestApiId: ref('Api'), ParentId: att('Api', 'RootResourceId'), PathPart: 'signed' },
    },
    OpenAny: method('Open', 'ANY', 'NONE'),
    SignedGet: method('Signed', 'GET', 'AWS_IAM'),
    Deployment: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: ['OpenAny', 'SignedGet'],
      Properties: { RestApiId: ref('Api') },
    },
    Stage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: { RestApiId: ref('Api'), StageName: 'prod', DeploymentId: ref('Deployment') },
    },
    ApiPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: ref('Function'),
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: sub('arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*'),
      },
    },
    Tasks: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'tasks',
        EventPattern: {
          source: ['aws.ecs'],
          'detail-type': ['ECS Task State Change'],
          detail: { lastStatus: ['STOPPED', { prefix: 'RUN' }] },
        },
        Targets: [{ Id: 'f', Arn: att('Function', 'Arn') }],
      },
    },
    Minute: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'minute',
        ScheduleExpression: 'rate(1 minute)',
        Targets: [{ Id: 'f', Arn: att('Function', 'Arn') }],
      },
    },
    RulePermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: { FunctionName: ref('Function'), Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' },
    },
  },
  Outputs: {
    ApiEndpoint: { Value: sub('https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod') },
    Url: { Value: att('Url', 'FunctionUrl') },
  },
};

function method(resource: string, HttpMethod: string, AuthorizationType: string): object {
  return {
    Type: 'AWS::ApiGateway::Method',
    Properties: {
      RestApiId: ref('Api'),
      ResourceId: ref(resource),
      HttpMethod,
      AuthorizationType,
      Integration: {
        Type: 'AWS_PROXY',
        IntegrationHttpMethod: 'POST',
        Uri: sub('arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations'),
      },
    },
  };
}

const code = `
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  if (event['detail-type'] !== undefined) console.log('event ' + event['detail-type'] + ' ' + event.detail.lastStatus);
  const path = event.rawPath ?? event.path;
  if (path === '/throw' || event.wants === 'throw') throw new TypeError('out of order');
  if (path === '/bad') return 'no response';
  if (event.wants === 'sleep') await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (event.wants === 'exit') process.exit(3);
  console.log('line of ' + context.functionName);
  const body = JSON.stringify({ calls, event, env: process.env.GREETING, secret: process.env.PLANTED, left: context.getRemainingTimeInMillis() });
  return { statusCode: 201, headers: { 'X-Own': 'yes' }, multiValueHeaders: { 'x-many': ['a', 'b'] }, body };
};
`;

process.env['PLANTED'] = 'of this process';
let bench: AwsBench;
let api = '';
let url = '';

beforeAll(async () => {
  bench = await openBench();
  await bench.stacks.send(
    new CreateStackCommand({
      StackName: 'service',
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    }),
  );
  const stack = await eventually(async () => {
    const { Stacks } = await bench.stacks.send(new DescribeStacksCommand({ StackName: 'service' }));
    return Stacks![0]!.StackStatus!.endsWith('_IN_PROGRESS') ? undefined : Stacks![0];
  });
  const outputs = Object.fromEntries(stack.Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
  api = outputs['ApiEndpoint']!;
  url = outputs['Url']!;
});
afterAll(() => bench.aws.close());

const update = (text: string) =>
  bench.functions.send(
    new UpdateFunctionCodeCommand({
      FunctionName: 'service',
      ZipFile: zipSync({ 'index.mjs': Buffer.from(text), 'deep/er/file.txt': Buffer.from('x') }),
    }),
  );
const isUpdated = () =>
  eventually(async () => {
    const { LastUpdateStatus } = await bench.functions.send(
      new GetFunctionConfigurationCommand({ FunctionName: 'service' }),
    );
    return LastUpdateStatus === 'Successful' ? true : undefined;
  });
const invoke = async (event: object) => {
  const answer = await bench.functions.send(
    new InvokeCommand({ FunctionName: 'service', Payload: JSON.stringify(event) }),
  );
  return {
    failed: answer.FunctionError,
    payload: JSON.parse(Buffer.from(answer.Payload!).toString()) as Record<string, unknown>,
  };
};

describe('a function', () => {
  test('answers with the code of its template until its own is there; updates exclude each other', async () => {
    const placeholder = await fetch(`${api}/health`);
    expect([placeholder.status, await placeholder.text()]).toEqual([503, 'placeholder']);
    expect((await update(code)).LastUpdateStatus).toBe('InProgress');
    await expect(update(code)).rejects.toMatchObject({
      name: 'ResourceConflictException',
      $metadata: { httpStatusCode: 409 },
    });
    await isUpdated();
    const stale = { FunctionName: 'service', RevisionId: 'stale', Timeout: 2 };
    await expect(bench.functions.send(new UpdateFunctionConfigurationCommand(stale))).rejects.toMatchObject({
      name: 'PreconditionFailedException',
    });
  });

  test('stays warm in a process that has only its own environment', async () => {
    const { payload } = await invoke({ a: 1 });
    const first = JSON.parse(String(payload['body'])) as Record<string, unknown>;
    expect(first).toMatchObject({ calls: 1, env: 'hello', event: { a: 1 }, left: expect.any(Number) });
    expect(first).not.toHaveProperty('secret');
    expect(JSON.parse(String((await invoke({})).payload['body']))).toMatchObject({ calls: 2 });
  });

  test('fails with its error, its time-out, or its exit, as Lambda tells them', async () => {
    expect(await invoke({ wants: 'throw' })).toMatchObject({
      failed: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: 'out of order' },
    });
    expect(await invoke({ wants: 'exit' })).toMatchObject({
      failed: 'Unhandled',
      payload: { errorType: 'Runtime.ExitError' },
    });
    expect(await invoke({ wants: 'sleep' })).toMatchObject({
      failed: 'Unhandled',
      payload: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringContaining('Task timed out after 2.00 seconds'),
      },
    });
    await expect(invoke({ large: 'x'.repeat(7_000_000) })).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  });

  test('writes its lines into its log group', async () => {
    const lines = await eventually(async () => {
      const { events } = await bench.logs.send(
        new FilterLogEventsCommand({ logGroupName: '/aws/lambda/service', filterPattern: '"line of service"' }),
      );
      return events!.length > 0 ? events : undefined;
    });
    expect(lines[0]!.message).toBe('line of service');
  });

  test('that may run nowhere is throttled', async () => {
    const limit = (ReservedConcurrentExecutions: number) =>
      bench.functions.send(
        new PutFunctionConcurrencyCommand({ FunctionName: 'service', ReservedConcurrentExecutions }),
      );
    await limit(0);
    await expect(invoke({})).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await limit(10);
    await invoke({});
  });

  test('has the policy that the stack gave it', async () => {
    const { Policy } = await bench.functions.send(new GetPolicyCommand({ FunctionName: 'service' }));
    expect((JSON.parse(Policy!) as { Statement: unknown[] }).Statement).toHaveLength(3);
  });
});

describe('the REST API', () => {
  test('hands requests on as proxy events, version 1, and the response back', async () => {
    const response = await fetch(`${api}/runs/a%20b?x=1&x=2`, {
      method: 'POST',
      body: '{"y":2}',
      headers: { 'X-API-Key': 'k' },
    });
    expect([response.status, response.headers.get('x-own'), response.headers.get('x-many')]).toEqual([
      201,
      'yes',
      'a, b',
    ]);
    const { event } = (await response.json()) as { event: Record<string, unknown> };
    expect(event).toMatchObject({
      resource: '/{proxy+}',
      path: '/runs/a b',
      httpMethod: 'POST',
      headers: expect.objectContaining({ 'x-api-key': 'k' }),
      queryStringParameters: { x: '2' },
      multiValueQueryStringParameters: { x: ['1', '2'] },
      pathParameters: { proxy: 'runs/a b' },
      body: '{"y":2}',
      isBase64Encoded: false,
      requestContext: { stage: 'prod', resourcePath: '/{proxy+}', identity: { sourceIp: '127.0.0.1' } },
    });
  });

  test('says what API Gateway says for paths, errors and malformed responses', async () => {
    const answer = async (path: string) => {
      const response = await fetch(`${api}${path}`);
      return [response.status, await response.json()];
    };
    expect(await answer('/')).toEqual([403, { message: 'Missing Authentication Token' }]);
    expect(await answer('/throw')).toEqual([502, { message: 'Internal server error' }]);
    expect(await answer('/bad')).toEqual([502, { message: 'Internal server error' }]);
    expect((await fetch(api.replace('/prod', '/other'))).status).toBe(403);
    expect((await fetch(`${api}/x`, { method: 'POST', body: 'x'.repeat(11_000_000) })).status).toBe(413);
  });

  test('asks who signed where a method says so', async () => {
    const response = await fetch(`${api}/signed`);
    expect([response.status, await response.json()]).toEqual([403, { message: 'Missing Authentication Token' }]);
    const accepted = await fetch(`${api}/signed`, {
      headers: await signFor(bench.aws, 'execute-api', `${api}/signed`),
    });
    expect(accepted.status).toBe(201);
    const { event } = (await accepted.json()) as { event: { requestContext: { identity: object } } };
    expect(event.requestContext.identity).toMatchObject({ userArn: 'arn:aws:iam::123456789012:user/hawser' });
  });
});

describe('the function URL', () => {
  test('needs both statements before anybody may call it; its events are of version 2', async () => {
    expect((await fetch(`${url}runs`)).status).toBe(403);
    const TemplateBody = JSON.stringify({
      ...template,
      Resources: {
        ...template.Resources,
        ByUrl: {
          Type: 'AWS::Lambda::Permission',
          Properties: {
            FunctionName: ref('Function'),
            Action: 'lambda:InvokeFunction',
            Principal: '*',
            InvokedViaFunctionUrl: true,
          },
        },
      },
    });
    const { UpdateStackCommand } = await import('@aws-sdk/client-cloudformation');
    await bench.stacks.send(
      new UpdateStackCommand({ StackName: 'service', TemplateBody, Capabilities: ['CAPABILITY_NAMED_IAM'] }),
    );
    const response = await eventually(async () => {
      const answer = await fetch(`${url}runs?x=1`, {
        method: 'POST',
        body: 'hi',
        headers: { 'content-type': 'text/plain' },
      });
      return answer.status === 201 ? answer : undefined;
    });
    expect(((await response.json()) as { event: object }).event).toMatchObject({
      version: '2.0',
      rawPath: '/runs',
      rawQueryString: 'x=1',
      queryStringParameters: { x: '1' },
      body: 'hi',
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/runs' } },
    });
    expect(await (await fetch(`${url}bad`)).text()).toBe('"no response"');
  });
});

describe('rules', () => {
  test('wake the function for tasks that change, and for every minute', async () => {
    await bench.until(await bench.run(await bench.define([shell('true')])), 'STOPPED');
    await bench.aws.fireRules();
    // Events that come at once are taken by several processes: their log has them all.
    const seen = await eventually(async () => {
      const ask = { logGroupName: '/aws/lambda/service', filterPattern: '"event "' };
      const { events } = await bench.logs.send(new FilterLogEventsCommand(ask));
      return events!.length >= 3 ? events!.map(({ message }) => message!) : undefined;
    });
    expect(seen.toSorted()).toEqual([
      'event ECS Task State Change RUNNING',
      'event ECS Task State Change STOPPED',
      'event Scheduled Event undefined',
    ]);
  });
});

describe('the role of a function', () => {
  test('may do what its policies say, and nothing else', async () => {
    const { createRequire } = await import('node:module');
    const resolve = (name: string): string => createRequire(import.meta.url).resolve(name);
    await update(`
      import dynamodb from ${JSON.stringify(resolve('@aws-sdk/client-dynamodb'))};
      import ssm from ${JSON.stringify(resolve('@aws-sdk/client-ssm'))};
      import ecs from ${JSON.stringify(resolve('@aws-sdk/client-ecs'))};
      import sts from ${JSON.stringify(resolve('@aws-sdk/client-sts'))};
      const attempt = (work) => work.then(() => 'allowed', (error) => error.name);
      export const handler = async () => {
        const tables = new dynamodb.DynamoDBClient({});
        const parameters = new ssm.SSMClient({});
        const tasks = new ecs.ECSClient({});
        const { Arn } = await new sts.STSClient({}).send(new sts.GetCallerIdentityCommand({}));
        return {
          Arn,
          put: await attempt(tables.send(new dynamodb.PutItemCommand({ TableName: 'things', Item: { pk: { S: 'a' } } }))),
          get: await attempt(tables.send(new dynamodb.GetItemCommand({ TableName: 'things', Key: { pk: { S: 'a' } } }))),
          mine: await attempt(parameters.send(new ssm.GetParameterCommand({ Name: '/mine/a' }))),
          hidden: await attempt(parameters.send(new ssm.GetParameterCommand({ Name: '/mine/hidden' }))),
          other: await attempt(parameters.send(new ssm.GetParameterCommand({ Name: '/other/a' }))),
          list: await attempt(tasks.send(new ecs.ListTasksCommand({ cluster: 'default' }))),
          elsewhere: await attempt(tasks.send(new ecs.ListTasksCommand({ cluster: 'another' }))),
        };
      };
    `);
    await isUpdated();
    await bench.functions.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'service', Timeout: 60 }));
    expect((await invoke({})).payload).toEqual({
      Arn: 'arn:aws:sts::123456789012:assumed-role/little/service',
      put: 'allowed',
      get: 'AccessDeniedException',
      mine: 'ParameterNotFound',
      hidden: 'AccessDeniedException',
      other: 'AccessDeniedException',
      list: 'allowed',
      elsewhere: 'AccessDeniedException',
    });
  });

  test('is as the stack made the table beside it', async () => {
    const { Table } = await bench.tables.send(new DescribeTableCommand({ TableName: 'things' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/things',
    });
    const { TimeToLiveDescription } = await bench.tables.send(new DescribeTimeToLiveCommand({ TableName: 'things' }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'gone' });
  });
});
