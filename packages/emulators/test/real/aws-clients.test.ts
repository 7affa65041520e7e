import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { eventually, machine, openBench, useAws, type AwsBench } from '../support/aws.js';
import { freePort } from '../../../../test/support/free-port.js';

const template = {
  Resources: {
    Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'cli' } },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/cli' } },
  },
  Outputs: { Cluster: { Value: { Ref: 'Cluster' } } },
};
const definition = {
  containerDefinitions: [
    {
      name: 'runner',
      image: machine,
      entryPoint: ['/bin/sh', '-c'],
      command: ['echo "hello from a task"; exit 3'],
      logConfiguration: {
        logDriver: 'awslogs' as const,
        options: { 'awslogs-group': '/cli', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'p' },
      },
    },
  ],
};

for (const counterpart of ['aws-cli-v1', 'aws-cli-v2']) {
  describeReal(counterpart, (path) => {
    let bench: AwsBench;
    let home: string;
    beforeAll(async () => {
      bench = await openBench();
      home = await mkdtemp(join(tmpdir(), 'hawser-aws-cli-'));
      await writeFile(join(home, 'template.json'), JSON.stringify(template));
    });
    afterAll(async () => {
      await bench.aws.close();
      await rm(home, { recursive: true });
    });

    test('makes a stack, runs a task in it, and reads its log', async () => {
      const aws = async (...words: string[]): Promise<Record<string, never>> => {
        const ended = await runToEnd(
          path(counterpart),
          [...words, '--endpoint-url', bench.aws.endpoint, '--output', 'json'],
          {
            cwd: home,
            env: { PATH: process.env['PATH'] ?? '', HOME: home, ...bench.aws.env },
          },
        );
        if (ended.code !== 0) throw new Error(`aws ${words.join(' ')}: ${ended.stderr}`);
        return (ended.stdout.trim() === '' ? {} : JSON.parse(ended.stdout)) as Record<string, never>;
      };
      await aws('cloudformation', 'create-stack', '--stack-name', 'cli', '--template-body', 'file://template.json');
      await eventually(async () => {
        const { Stacks } = await bench.stacks.send(new DescribeStacksCommand({ StackName: 'cli' }));
        return Stacks![0]!.StackStatus === 'CREATE_COMPLETE' ? true : undefined;
      });
      await bench.define(definition.containerDefinitions, { family: 'cli' });
      const run = await aws(
        'ecs',
        'run-task',
        '--cluster',
        'cli',
        '--task-definition',
        'cli',
        '--network-configuration',
        'awsvpcConfiguration={subnets=[subnet-1]}',
      );
      const taskArn = (run as unknown as { tasks: { taskArn: string }[] }).tasks[0]!.taskArn;
      await eventually(async () => {
        const { tasks } = await bench.ecs.send(new DescribeTasksCommand({ cluster: 'cli', tasks: [taskArn] }));
        return tasks![0]!.lastStatus === 'STOPPED' ? true : undefined;
      });
      const stream = `p/runner/${taskArn.split('/').at(-1)}`;
      expect(
        await aws('logs', 'get-log-events', '--log-group-name', '/cli', '--log-stream-name', stream),
      ).toMatchObject({ events: [{ message: 'hello from a task' }] });
      // What the SDKs here have no clients for, half by each.
      if (counterpart === 'aws-cli-v1') {
        expect(await aws('ec2', 'describe-subnets', '--filters', 'Name=vpc-id,Values=vpc-none')).toEqual({
          Subnets: [],
        });
      } else {
        expect(await aws('iam', 'list-roles')).toMatchObject({ Roles: [] });
        expect(await aws('ec2', 'describe-vpcs')).toMatchObject({ Vpcs: [{ IsDefault: true }] });
      }
    }, 120_000);
  });
}

describeReal('moto', (path) => {
  describe('an independent emulator', () => {
    const ours = useAws();
    let moto: ChildProcess;
    let endpoint: string;
    beforeAll(async () => {
      const port = await freePort();
      endpoint = `http://127.0.0.1:${port}`;
      moto = spawn(path('moto'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
      await eventually(() =>
        fetch(endpoint).then(
          () => true as const,
          () => undefined,
        ),
      );
    }, 60_000);
    afterAll(async () => {
      moto.kill();
      await once(moto, 'exit');
    });

    test('answers in the same shapes', async () => {
      const answers = async (to: string): Promise<Record<string, unknown>> => {
        const configuration = {
          endpoint: to,
          region: 'us-east-1',
          maxAttempts: 1,
          credentials: {
            accessKeyId: ours.aws.env['AWS_ACCESS_KEY_ID']!,
            secretAccessKey: ours.aws.env['AWS_SECRET_ACCESS_KEY']!,
          },
        };
        const ecs = new ECSClient(configuration);
        const logs = new CloudWatchLogsClient(configuration);
        const parameters = new SSMClient(configuration);
        await logs.send(new CreateLogGroupCommand({ logGroupName: '/m' }));
        const stream = { logGroupName: '/m', logStreamName: 's' };
        await logs.send(new CreateLogStreamCommand(stream));
        await logs.send(new PutLogEventsCommand({ ...stream, logEvents: [{ message: 'a', timestamp: Date.now() }] }));
        const page = await logs.send(new GetLogEventsCommand({ ...stream, startFromHead: true }));
        const end = await logs.send(new GetLogEventsCommand({ ...stream, nextToken: page.nextForwardToken }));
        await parameters.send(new PutParameterCommand({ Name: '/m', Value: 'x', Type: 'String' }));
        return {
          cluster: await ecs.send(new CreateClusterCommand({ clusterName: 'm' })),
          definition: await ecs.send(
            new RegisterTaskDefinitionCommand({
              family: 'm',
              containerDefinitions: [{ name: 'c', image: 'i', memory: 128 }],
            }),
          ),
          missing: await ecs.send(new DescribeTasksCommand({ cluster: 'm', tasks: ['0'.repeat(32)] })),
          page,
          end: [end.events, end.nextForwardToken === page.nextForwardToken],
          parameter: await parameters.send(new GetParameterCommand({ Name: '/m' })),
          unknown: await parameters
            .send(new GetParameterCommand({ Name: '/none' }))
            .catch((error: Error) => error.name),
        };
      };
      const [one, other] = await Promise.all([answers(ours.aws.endpoint), answers(endpoint)]);
      const strange = differences(shapeOf(other), shapeOf(one));
      expect(strange).toEqual([]);
    }, 60_000);
  });
});

/** What is only moto's: members that ours leaves out on purpose, or that come of what it does not do. */
const ofMoto: readonly RegExp[] = [
  /\$metadata/,
  /cluster\.cluster\.(?:settings|statistics|tags|configuration|serviceConnectDefaults|attachments)/,
  /definition\.taskDefinition\.(?:requiresAttributes|runtimePlatform|proxyConfiguration|ephemeralStorage|networkMode|containerDefinitions\.\d+\.\w+)/,
  /definition\.tags/,
  /uploadSequenceToken/,
];

/** Paths of members with the type of what is there. */
function shapeOf(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (value instanceof Date) return new Map([[path, 'date']]);
  if (Array.isArray(value))
    return new Map([[path, 'list'], ...value.flatMap((one, at) => [...shapeOf(one, `${path}.${at}`)])]);
  if (typeof value === 'object' && value !== null) {
    return new Map(
      Object.entries(value).flatMap(([name, one]) => [...shapeOf(one, path === '' ? name : `${path}.${name}`)]),
    );
  }
  return new Map([[path, value === undefined ? 'nothing' : typeof value]]);
}

function differences(expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): readonly string[] {
  return [...expected]
    .filter(
      ([path, type]) => type !== 'nothing' && actual.get(path) !== type && !ofMoto.some((known) => known.test(path)),
    )
    .map(([path, type]) => `${path} is ${actual.get(path) ?? 'missing'}, not ${type}`);
}
