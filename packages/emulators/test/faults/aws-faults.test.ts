import { afterEach, describe, expect, test } from '@jest/globals';
import { CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import type { AwsFaults } from '@hawser/emulators/aws';
import { createBus } from '../../src/aws/events/bus.js';
import type { World } from '../../src/aws/world.js';
import { createRandom } from '../../src/seed.js';
import { eventually, openBench, shell, useAws } from '../support/aws.js';

const aws = useAws();
afterEach(() => {
  aws.aws.faults = {};
});

describe('throttling', () => {
  test('is AWS’s own where nothing else is said: 20 registrations at once, then one a second', async () => {
    let nowMs = 0;
    const bench = await openBench({ nowMs: () => nowMs, faults: { throttle: true } });
    try {
      for (let at = 0; at < 20; at += 1) await bench.define([shell('true')]);
      await expect(bench.define([shell('true')])).rejects.toMatchObject({ name: 'ThrottlingException' });
      nowMs += 1000;
      await bench.define([shell('true')]);
      await expect(bench.define([shell('true')])).rejects.toMatchObject({ name: 'ThrottlingException' });
    } finally {
      await bench.aws.close();
    }
  });

  test('can be set for one operation, and is called as each service calls it', async () => {
    aws.aws.faults = { throttle: { 'cloudformation:DescribeStacks': { perSecond: 0, burst: 1 } } };
    await aws.stacks.send(new DescribeStacksCommand({}));
    await expect(aws.stacks.send(new DescribeStacksCommand({}))).rejects.toMatchObject({ name: 'Throttling' });
  });
});

describe('answers', () => {
  test('are lost after the work was done, as often as told', async () => {
    aws.aws.faults = { loseAnswers: { PutParameter: 1 } };
    const put = () => aws.parameters.send(new PutParameterCommand({ Name: '/lost', Value: 'x', Type: 'String' }));
    await expect(put()).rejects.not.toHaveProperty('$metadata.httpStatusCode', 200);
    await expect(put()).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
  });

  test('a lost answer to RunTask is made up for by the client token of the SDK', async () => {
    aws.aws.faults = { loseAnswers: { 'ecs:RunTask': 1 } };
    const { endpoint, region, env } = aws.aws;
    const patient = new ECSClient({
      endpoint,
      region,
      maxAttempts: 3,
      credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID']!, secretAccessKey: env['AWS_SECRET_ACCESS_KEY']! },
    });
    const taskDefinition = await aws.define([shell('true')], { family: 'once' });
    const { tasks } = await patient.send(
      new RunTaskCommand({ taskDefinition, networkConfiguration: { awsvpcConfiguration: { subnets: ['s'] } } }),
    );
    await aws.until(tasks![0]!.taskArn!, 'STOPPED');
    const { taskArns } = await aws.ecs.send(new ListTasksCommand({ family: 'once', desiredStatus: 'STOPPED' }));
    expect(taskArns).toEqual([tasks![0]!.taskArn]);
  });

  test('are 500 as often as told', async () => {
    aws.aws.faults = { serverErrors: { 'ssm:GetParameter': 1 } };
    const get = () => aws.parameters.send(new GetParameterCommand({ Name: '/none' }));
    await expect(get()).rejects.toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
    await expect(get()).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });
});

describe('tasks', () => {
  test('RunTask answers failures once, and no task', async () => {
    aws.aws.faults = { runTaskFailures: [{ reason: 'RESOURCE:CPU', detail: 'none left' }] };
    const definition = await aws.define([shell('true')]);
    await expect(aws.run(definition)).rejects.toThrow('RESOURCE:CPU');
    await aws.until(await aws.run(definition), 'STOPPED');
  });

  test('of an image stop as told instead of running', async () => {
    aws.aws.faults = {
      taskFails: { machine: { stopCode: 'TaskFailedToStart', reason: 'CannotPullContainerError: 429' } },
    };
    const arn = await aws.run(await aws.define([shell('true')]));
    expect(await aws.until(arn, 'STOPPED')).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: 429',
      containers: [{ reason: 'CannotPullContainerError: 429' }],
    });
  });

  test('are missing for a while after RunTask', async () => {
    aws.aws.faults = { taskMissingMs: 3_600_000 };
    const arn = await aws.run(await aws.define([shell('true')]));
    const { failures } = await aws.ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
    expect(failures).toMatchObject([{ arn, reason: 'MISSING' }]);
    aws.aws.faults = {};
    await aws.until(arn, 'STOPPED');
  });
});

describe('stacks', () => {
  test('fail to be made where told, and roll back', async () => {
    aws.aws.faults = { resourceFails: { Group: 'Not today.' } };
    const TemplateBody = JSON.stringify({ Resources: { Group: { Type: 'AWS::Logs::LogGroup', Properties: {} } } });
    await aws.stacks.send(new CreateStackCommand({ StackName: 'faulty', TemplateBody }));
    const status = await eventually(async () => {
      const { Stacks } = await aws.stacks.send(new DescribeStacksCommand({ StackName: 'faulty' }));
      return Stacks![0]!.StackStatus!.endsWith('_IN_PROGRESS') ? undefined : Stacks![0]!.StackStatus;
    });
    expect(status).toBe('ROLLBACK_COMPLETE');
  });
});

describe('task events', () => {
  /** What a rule's function gets of twenty events, in order. */
  async function delivered(events: AwsFaults['events'], seed: number): Promise<readonly number[]> {
    const got: number[] = [];
    const world = {
      random: createRandom(seed),
      faults: () => ({ events: events ?? {} }),
      nowMs: () => 0,
      region: 'r',
      accountId: 'a',
    } as unknown as World;
    const one = {
      permissions: new Map([['p', { action: 'lambda:InvokeFunction', principal: 'events.amazonaws.com' }]]),
    };
    const functions = {
      all: new Map([['f', one]]),
      invoke: async (_one: unknown, event: { readonly detail: number }) => void got.push(event.detail),
    };
    const bus = createBus(world, functions as never, 0);
    const all = {
      name: 'r',
      arn: 'arn',
      pattern: { source: ['aws.ecs'] },
      schedule: undefined,
      description: undefined,
      enabled: true,
    };
    bus.rules.set('r', { ...all, targets: [{ Id: '1', Arn: 'f' }] });
    for (let at = 0; at < 20; at += 1) bus.putTaskEvent(at, 'task');
    await new Promise((resolve) => setImmediate(resolve));
    bus.close();
    return got;
  }
  const calm = Array.from({ length: 20 }, (_, at) => at);

  test('come once and in order when all is calm', async () => {
    expect(await delivered({}, 1)).toEqual(calm);
  });

  test('are lost, doubled and overtaken by their shares, the same for the same seed', async () => {
    expect(await delivered({ lose: 1 }, 1)).toEqual([]);
    expect(await delivered({ double: 1 }, 1)).toEqual(calm.flatMap((at) => [at, at]));
    const mixed = await delivered({ reorder: 0.4 }, 7);
    expect(mixed).not.toEqual(calm);
    expect(calm.slice(0, -1).filter((at) => !mixed.includes(at))).toEqual([]);
    expect(await delivered({ reorder: 0.4 }, 7)).toEqual(mixed);
  });
});
