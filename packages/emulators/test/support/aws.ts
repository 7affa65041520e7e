import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll } from '@jest/globals';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type ContainerDefinition,
  type RegisterTaskDefinitionCommandInput,
  type RunTaskCommandInput,
  type Task,
} from '@aws-sdk/client-ecs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { startAwsEmulator, type AwsEmulator, type AwsEmulatorOptions } from '@hawser/emulators/aws';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/** Image whose files are this machine's programs. */
export const machine = 'machine';
export const logGroup = '/tasks';
const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } };

/** An emulator with official clients, which try once. */
export interface AwsBench {
  readonly aws: AwsEmulator;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly tables: DynamoDBClient;
  readonly parameters: SSMClient;
  readonly stacks: CloudFormationClient;
  readonly functions: LambdaClient;
  readonly sts: STSClient;
  /** Registers containers as a task definition; answers its ARN. */
  define(
    containers: readonly Partial<ContainerDefinition>[],
    more?: Partial<RegisterTaskDefinitionCommandInput>,
  ): Promise<string>;
  run(taskDefinition: string, more?: Partial<RunTaskCommandInput>): Promise<string>;
  /** Asks until a task is what is wanted; any status behind it will do too. */
  until(taskArn: string, lastStatus: 'RUNNING' | 'STOPPED'): Promise<Task>;
  /** Lines of a container of a task. */
  lines(taskArn: string, container: string): Promise<readonly string[]>;
}

/** One emulator for all tests of a file, with a cluster and a log group. */
export function useAws(options: AwsEmulatorOptions = {}): AwsBench {
  let bench: AwsBench;
  beforeAll(async () => {
    bench = await openBench(options);
  });
  afterAll(async () => {
    await bench.aws.close();
  });
  return new Proxy({} as AwsBench, { get: (_target, name) => bench[name as keyof AwsBench] });
}

/** Starts an emulator for one test; close it. */
export async function openBench(options: AwsEmulatorOptions = {}): Promise<AwsBench> {
  const aws = await startAwsEmulator({
    minuteMs: 0,
    ...options,
    images: { [machine]: { digest: `sha256:${'a'.repeat(64)}` }, ...options.images },
  });
  const configuration = {
    endpoint: aws.endpoint,
    region: aws.region,
    maxAttempts: 1,
    credentials: {
      accessKeyId: aws.env['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: aws.env['AWS_SECRET_ACCESS_KEY']!,
    },
  };
  const ecs = new ECSClient(configuration);
  const logs = new CloudWatchLogsClient(configuration);
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
  const logConfiguration = {
    logDriver: 'awslogs' as const,
    options: { 'awslogs-group': logGroup, 'awslogs-region': aws.region, 'awslogs-stream-prefix': 'exec' },
  };
  return {
    aws,
    ecs,
    logs,
    tables: new DynamoDBClient(configuration),
    parameters: new SSMClient(configuration),
    stacks: new CloudFormationClient(configuration),
    functions: new LambdaClient(configuration),
    sts: new STSClient(configuration),
    define: async (containers, more) => {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: 'jobs',
          networkMode: 'awsvpc',
          requiresCompatibilities: ['FARGATE'],
          cpu: '256',
          memory: '512',
          containerDefinitions: containers.map((container) => ({
            name: 'runner',
            image: machine,
            logConfiguration,
            ...container,
          })),
          ...more,
        }),
      );
      return taskDefinition!.taskDefinitionArn!;
    },
    run: async (taskDefinition, more) => {
      const { tasks, failures } = await ecs.send(
        new RunTaskCommand({ taskDefinition, networkConfiguration: network, ...more }),
      );
      if (failures?.length) throw new Error(failures[0]!.reason);
      return tasks![0]!.taskArn!;
    },
    until: async (taskArn, lastStatus) => {
      for (;;) {
        const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [taskArn], include: ['TAGS'] }));
        const task = tasks?.[0];
        if (task !== undefined && (task.lastStatus === lastStatus || task.lastStatus === 'STOPPED')) return task;
        await pause(5);
      }
    },
    lines: async (taskArn, container) => {
      const { events } = await logs.send(
        new GetLogEventsCommand({
          logGroupName: logGroup,
          logStreamName: `exec/${container}/${taskArn.split('/').at(-1)}`,
          startFromHead: true,
        }),
      );
      return (events ?? []).map(({ message }) => message!);
    },
  };
}

/** Settles when something that is asked again and again is there. */
export async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(5);
  }
}

/** Headers of a request, signed by the SDK's own signer. */
export async function signFor(aws: AwsEmulator, service: string, address: string): Promise<Record<string, string>> {
  const { config } = new SSMClient({
    region: aws.region,
    credentials: {
      accessKeyId: aws.env['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: aws.env['AWS_SECRET_ACCESS_KEY']!,
    },
  });
  const signer = await config.signer({
    name: 'sigv4',
    signingName: service,
    signingRegion: aws.region,
    properties: {},
  });
  const { hostname, port, host, pathname } = new URL(address);
  const request = {
    method: 'GET',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: pathname,
    query: {},
    headers: { host },
  };
  return (await signer.sign(request)).headers;
}

/** A shell's line as a container's command. */
export function shell(script: string): Partial<ContainerDefinition> {
  return { entryPoint: ['/bin/sh', '-c'], command: [script] };
}
