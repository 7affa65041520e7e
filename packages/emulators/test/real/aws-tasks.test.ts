import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ExecuteCommandCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { describeReal } from '../../../../test/support/counterparts.js';
import { openBench, shell, useAws, type AwsBench } from '../support/aws.js';
import { RawClient } from '../support/raw-client.js';

const aws = useAws();

describe('a task', () => {
  test('goes through its states and ends with the exit code of its command, its lines in the log', async () => {
    const definition = await aws.define([shell('echo one; echo; echo "two $WORD"; printf "three"; exit 7')]);
    const arn = await aws.run(definition, {
      startedBy: 'exec_1',
      tags: [{ key: 'a', value: 'b' }],
      overrides: { containerOverrides: [{ name: 'runner', environment: [{ name: 'WORD', value: "it's $(here)" }] }] },
    });
    const task = await aws.until(arn, 'STOPPED');
    expect(task).toMatchObject({
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      startedBy: 'exec_1',
      launchType: 'FARGATE',
      tags: [{ key: 'a', value: 'b' }],
      containers: [
        {
          name: 'runner',
          exitCode: 7,
          lastStatus: 'STOPPED',
          imageDigest: `sha256:${'a'.repeat(64)}`,
          runtimeId: expect.any(String),
        },
      ],
    });
    const times = [
      task.createdAt,
      task.pullStartedAt,
      task.pullStoppedAt,
      task.startedAt,
      task.executionStoppedAt,
      task.stoppingAt,
      task.stoppedAt,
    ];
    expect(times.map((at) => at!.getTime())).toEqual(times.map((at) => at!.getTime()).toSorted((a, b) => a - b));
    // An empty line is no event of the real driver either.
    expect(await aws.lines(arn, 'runner')).toEqual(['one', "two it's $(here)", 'three']);
  });

  test('runs its containers in the order of what they depend on, over a volume they share', async () => {
    const volume = { volumes: [{ name: 'exec' }] };
    const mountPoints = [{ sourceVolume: 'exec', containerPath: '/exec' }];
    const definition = await aws.define(
      [
        { name: 'init', essential: false, mountPoints, ...shell('echo from-init >/exec/note; echo prepared') },
        {
          mountPoints: [{ ...mountPoints[0], readOnly: true }],
          dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
          ...shell('cat /exec/note; touch /exec/x 2>&1 || echo read-only; ls /work 2>&1; echo $$'),
        },
      ],
      volume,
    );
    const arn = await aws.run(definition);
    const task = await aws.until(arn, 'STOPPED');
    expect(task.containers!.map(({ name, exitCode }) => [name, exitCode])).toEqual([
      ['init', 0],
      ['runner', 0],
    ]);
    const lines = await aws.lines(arn, 'runner');
    expect(lines[0]).toBe('from-init');
    expect(lines).toContain('read-only');
    // Number one of its own namespace; nothing of this machine's files but its programs.
    expect(lines.at(-1)).toBe('1');
    expect(await aws.lines(arn, 'init')).toEqual(['prepared']);
  });

  test('whose first container fails never runs the second, which is said to have exited with 143', async () => {
    const definition = await aws.define([
      { name: 'init', essential: false, ...shell('exit 3') },
      { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }], ...shell('echo never') },
    ]);
    const arn = await aws.run(definition);
    const task = await aws.until(arn, 'STOPPED');
    expect(task.startedAt).toBeUndefined();
    expect(task).toMatchObject({
      stopCode: 'TaskFailedToStart',
      containers: [
        { name: 'init', exitCode: 3 },
        { name: 'runner', exitCode: 143, reason: expect.stringContaining('CannotStartContainerError') },
      ],
    });
    await expect(aws.lines(arn, 'runner')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('is told TERM when it is stopped, keeps its own exit code, and loses its tags', async () => {
    const definition = await aws.define([
      shell('trap "echo ending; exit 9" TERM; echo ready; while :; do sleep 0.05; done'),
    ]);
    const arn = await aws.run(definition, { tags: [{ key: 'a', value: 'b' }] });
    await ready(arn);
    await aws.ecs.send(new StopTaskCommand({ task: arn, reason: 'enough' }));
    const task = await aws.until(arn, 'STOPPED');
    expect(task).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough', containers: [{ exitCode: 9 }] });
    expect(task.tags).toEqual([]);
    expect(await aws.lines(arn, 'runner')).toEqual(['ready', 'ending']);
  });

  test('that does not listen is killed after its time; with an init process TERM ends what has no handler', async () => {
    const deaf = await aws.define([{ stopTimeout: 0, ...shell('trap "" TERM; echo ready; sleep 600') }]);
    const arn = await aws.run(deaf);
    await ready(arn);
    await aws.ecs.send(new StopTaskCommand({ task: arn }));
    expect(await aws.until(arn, 'STOPPED')).toMatchObject({ containers: [{ exitCode: 137 }] });

    const plain = await aws.define([
      { linuxParameters: { initProcessEnabled: true }, ...shell('echo ready; exec sleep 600') },
    ]);
    const other = await aws.run(plain);
    await ready(other);
    await aws.ecs.send(new StopTaskCommand({ task: other }));
    expect(await aws.until(other, 'STOPPED')).toMatchObject({ containers: [{ exitCode: 143 }] });
  });

  test('gets its secrets from parameters, and does not start without them', async () => {
    await aws.parameters.send(new PutParameterCommand({ Name: '/s/token', Value: 'hush', Type: 'SecureString' }));
    const secrets = [{ name: 'TOKEN', valueFrom: '/s/token' }];
    const arn = await aws.run(await aws.define([{ secrets, ...shell('echo "${#TOKEN}"') }]));
    await aws.until(arn, 'STOPPED');
    expect(await aws.lines(arn, 'runner')).toEqual(['4']);
    const missing = await aws.run(
      await aws.define([{ secrets: [{ name: 'T', valueFrom: '/s/none' }], ...shell('true') }]),
    );
    expect(await aws.until(missing, 'STOPPED')).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringMatching(/^ResourceInitializationError: unable to pull secrets.*\/s\/none/),
    });
  });

  test.each([
    ['an image that is not there', { image: 'nobody/has:it' }, /^CannotPullContainerError: .*not found$/],
    [
      'a program that is not there',
      { entryPoint: ['/no/such'] },
      /^CannotStartContainerError: .*exec: "\/no\/such": stat/,
    ],
    ['a program that is not on PATH', { entryPoint: ['no-such'] }, /^CannotStartContainerError: .*not found in \$PATH/],
    [
      'a log group that is not there',
      {
        logConfiguration: {
          logDriver: 'awslogs' as const,
          options: { 'awslogs-group': '/none', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'x' },
        },
      },
      /^ResourceInitializationError: failed to validate logger args/,
    ],
  ])('fails to start for %s', async (_why, container, reason) => {
    const task = await aws.until(await aws.run(await aws.define([{ ...shell('true'), ...container }])), 'STOPPED');
    expect(task).toMatchObject({ stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(reason) });
    expect(task.startedAt).toBeUndefined();
    expect(task.containers![0]!.exitCode).toBeUndefined();
  });

  test('with a shell inside: ExecuteCommand opens a terminal in the container', async () => {
    const definition = await aws.define([{ stopTimeout: 0, ...shell('cd /tmp; echo ready; sleep 600') }]);
    const closed = await aws.run(definition);
    const arn = await aws.run(definition, { enableExecuteCommand: true });
    await ready(arn);
    const { tasks } = await aws.ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
    expect(tasks![0]!.containers![0]!.managedAgents).toMatchObject([
      { name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' },
    ]);
    const ask = {
      task: arn,
      command: 'sh -c "echo inside $$ of $AWS_EXECUTION_ENV; pwd; echo all of it"',
      interactive: true,
    };
    const { session } = await aws.ecs.send(new ExecuteCommandCommand(ask));
    const client = await RawClient.open({
      SessionId: session!.sessionId,
      StreamUrl: session!.streamUrl,
      TokenValue: session!.tokenValue,
    });
    expect(await client.prints('all of it')).toMatch(/inside \d+ of AWS_ECS_FARGATE\r\n\/tmp\r\n/);
    await client.end();
    await expect(aws.ecs.send(new ExecuteCommandCommand({ ...ask, task: closed }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    for (const task of [arn, closed]) {
      await aws.aws.stopTask(task, { stopCode: 'SpotInterruption', reason: 'Your Spot Task was interrupted.' });
    }
    expect(await aws.until(arn, 'STOPPED')).toMatchObject({ stopCode: 'SpotInterruption' });
    await expect(aws.ecs.send(new ExecuteCommandCommand(ask))).rejects.toMatchObject({
      name: 'TargetNotConnectedException',
    });
  });
});

describe('RunTask', () => {
  test('with one client token twice starts one task; another request with it is a conflict that names the task', async () => {
    const definition = await aws.define([shell('true')]);
    const clientToken = 'a'.repeat(64);
    const first = await aws.run(definition, { clientToken, startedBy: 'x' });
    expect(await aws.run(definition, { clientToken, startedBy: 'x' })).toBe(first);
    await expect(aws.run(definition, { clientToken, startedBy: 'y' })).rejects.toMatchObject({
      name: 'ConflictException',
      resourceIds: [first],
    });
  });

  test.each([
    [
      'overrides of more than 8,192 characters',
      { overrides: { containerOverrides: [{ name: 'runner', command: ['x'.repeat(8192)] }] } },
    ],
    ['an override of a container that is not there', { overrides: { containerOverrides: [{ name: 'other' }] } }],
    ['a startedBy with other characters', { startedBy: 'a b' }],
    [
      'a launch type and a strategy',
      { launchType: 'FARGATE' as const, capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] },
    ],
    ['no subnets', { networkConfiguration: { awsvpcConfiguration: { subnets: [] } } }],
  ])('refuses %s', async (_why, more) => {
    await expect(aws.run(await aws.define([shell('true')]), more)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test('is found by startedBy, which goes with no other filter', async () => {
    const definition = await aws.define([{ stopTimeout: 0, ...shell('sleep 600') }]);
    const arn = await aws.run(definition, { startedBy: 'exec_find' });
    const list = (more: object) => aws.ecs.send(new ListTasksCommand({ startedBy: 'exec_find', ...more }));
    expect((await list({})).taskArns).toEqual([arn]);
    await expect(list({ family: 'jobs' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await aws.aws.stopTask(arn, { stopCode: 'UserInitiated', reason: 'done' });
    expect((await list({})).taskArns).toEqual([]);
    expect((await list({ desiredStatus: 'STOPPED' })).taskArns).toEqual([arn]);
  });
});

describe('task definitions', () => {
  test('are registered, listed, run for a while after they are deregistered, and deleted', async () => {
    let nowMs = Date.now();
    const bench = await openBench({ nowMs: () => nowMs });
    try {
      const arn = await bench.define([shell('true')], { family: 'old' });
      await bench.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
      const { taskDefinition } = await bench.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
      expect(taskDefinition).toMatchObject({ status: 'INACTIVE', family: 'old', revision: 1 });
      await bench.until(await bench.run(arn), 'STOPPED');
      nowMs += 11 * 60_000;
      await expect(bench.run(arn)).rejects.toMatchObject({ name: 'ClientException' });
      expect((await bench.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [arn] }))).failures).toEqual([]);
      expect((await bench.ecs.send(new ListTaskDefinitionsCommand({ status: 'INACTIVE' }))).taskDefinitionArns).toEqual(
        [],
      );
      expect((await bench.define([shell('true')], { family: 'old' })).endsWith(':2')).toBe(true);
    } finally {
      await bench.aws.close();
    }
  });

  test.each([
    ['more than 64 KiB', [shell('x'.repeat(66_000))], {}],
    ['a memory that goes with no such CPU', [shell('true')], { memory: '4096' }],
    ['two containers of one name', [shell('true'), shell('true')], {}],
    ['no essential container', [{ essential: false, ...shell('true') }], {}],
    [
      'SUCCESS of an essential container',
      [
        { name: 'init', ...shell('true') },
        { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' as const }], ...shell('true') },
      ],
      {},
    ],
    [
      'a volume that is not there',
      [{ mountPoints: [{ sourceVolume: 'none', containerPath: '/x' }], ...shell('true') }],
      {},
    ],
    ['a stop timeout above 120 seconds', [{ stopTimeout: 121, ...shell('true') }], {}],
  ])('are refused with %s', async (_why, containers, more) => {
    await expect(aws.define(containers, more)).rejects.toMatchObject({ name: 'ClientException' });
  });
});

describe('DescribeTasks', () => {
  test('says MISSING at first where told to, forgets after an hour, and what never was is MISSING', async () => {
    let nowMs = Date.now();
    const bench = await openBench({ nowMs: () => nowMs, faults: { taskMissingMs: 2000 } });
    const describeTask = async (arn: string) => {
      const { tasks, failures } = await bench.ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
      return [tasks!.length, failures!.map(({ reason }) => reason)];
    };
    try {
      const arn = await bench.run(await bench.define([shell('true')]));
      expect(await describeTask(arn)).toEqual([0, ['MISSING']]);
      nowMs += 2000;
      await bench.until(arn, 'STOPPED');
      nowMs += 3_599_000;
      expect(await describeTask(arn)).toEqual([1, []]);
      nowMs += 2000;
      expect(await describeTask(arn)).toEqual([0, ['MISSING']]);
    } finally {
      await bench.aws.close();
    }
  });

  test('knows clusters, and what runs in them', async () => {
    const { clusters, failures } = await aws.ecs.send(new DescribeClustersCommand({ clusters: ['default', 'none'] }));
    expect(clusters).toMatchObject([{ clusterName: 'default', status: 'ACTIVE' }]);
    expect(failures).toMatchObject([{ reason: 'MISSING' }]);
    await expect(aws.ecs.send(new ListTasksCommand({ cluster: 'none' }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
    await expect(aws.ecs.send(new RunTaskCommand({ taskDefinition: 'nobody' }))).rejects.toMatchObject({
      name: 'ClientException',
    });
  });
});

describeReal('busybox', (path) => {
  describe('an image of nothing but busybox', () => {
    let root: string;
    let bench: AwsBench;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'hawser-image-'));
      await mkdir(join(root, 'bin'));
      await copyFile(path('busybox'), join(root, 'bin/busybox'));
      bench = await openBench({
        images: {
          tiny: {
            root,
            digest: `sha256:${'b'.repeat(64)}`,
            entrypoint: ['/bin/busybox', 'sh', '-c'],
            command: ['/bin/busybox ls /'],
          },
        },
      });
    });
    afterAll(async () => {
      await bench.aws.close();
      await rm(root, { recursive: true });
    });

    test('has only its own files, which a task may change for itself alone', async () => {
      const change = await bench.run(
        await bench.define([{ image: 'tiny', command: ['echo x >/mark; exec /bin/busybox ls /'] }]),
      );
      expect(await bench.until(change, 'STOPPED')).toMatchObject({ containers: [{ exitCode: 0 }] });
      expect(await bench.lines(change, 'runner')).toEqual(['bin', 'dev', 'mark', 'proc']);
      const look = await bench.run(await bench.define([{ image: 'tiny' }]));
      await bench.until(look, 'STOPPED');
      expect(await bench.lines(look, 'runner')).toEqual(['bin', 'dev', 'proc']);
    });

    test('can be read-only, and cannot be run as another user by name that it has not', async () => {
      const locked = await bench.run(
        await bench.define([{ image: 'tiny', readonlyRootFilesystem: true, command: ['echo x >/mark || exit 4'] }]),
      );
      expect(await bench.until(locked, 'STOPPED')).toMatchObject({ containers: [{ exitCode: 4 }] });
    });
  });
});

async function ready(arn: string): Promise<void> {
  await aws.until(arn, 'RUNNING');
  while ((await aws.lines(arn, 'runner'))[0] !== 'ready') await new Promise((resolve) => setImmediate(resolve));
}
