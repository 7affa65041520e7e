import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classifyRefusal, classifyStop, type StoppedTask } from '../../src/aws/stop-reasons.js';

/** A task whose containers came as far as is said. Reasons are as ECS words them. */
const task = (
  given: Partial<StoppedTask> & {
    readonly shell?: object;
    readonly init?: object;
    readonly runner?: object;
  } = {},
): StoppedTask => {
  const { shell = { exitCode: 0 }, init = { exitCode: 0 }, runner = {}, ...rest } = given;
  return {
    stopCode: 'EssentialContainerExited',
    ...rest,
    // The order in which DescribeTasks names containers says nothing.
    containers: [
      { name: 'runner', ...runner },
      { name: 'init', ...init },
      { name: 'shell', ...shell },
    ],
  };
};

const failedToStart = (stoppedReason: string, runner: object = {}): StoppedTask =>
  task({ stopCode: 'TaskFailedToStart', stoppedReason, shell: {}, init: {}, runner });

describe('a command that ended', () => {
  test.each([
    ['with 0', task({ runner: { exitCode: 0 } }), { exitCode: 0, began: true, retryable: false }],
    ['with 1', task({ runner: { exitCode: 1 } }), { exitCode: 1, reasonCode: 'exit_nonzero' }],
    ['with 127', task({ runner: { exitCode: 127 } }), { exitCode: 127, reasonCode: 'command_not_found' }],
    [
      'for want of memory',
      task({ runner: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' } }),
      { exitCode: 137, reasonCode: 'out_of_memory' },
    ],
    ['by KILL, and nobody says why', task({ runner: { exitCode: 137 } }), { reasonCode: 'exit_nonzero' }],
    [
      'because its machine was taken back',
      task({
        stopCode: 'SpotInterruption',
        stoppedReason: 'Your Spot Task was interrupted.',
        runner: { exitCode: 143 },
      }),
      { exitCode: 143, reasonCode: 'spot_interrupted' },
    ],
    [
      'because somebody stopped the task',
      task({ stopCode: 'UserInitiated', stoppedReason: 'cancelled', runner: { exitCode: 143 } }),
      { exitCode: 143, reasonCode: 'cancelled' },
    ],
    [
      'with 0 although somebody stopped the task',
      task({ stopCode: 'UserInitiated', runner: { exitCode: 0 } }),
      { exitCode: 0, began: true },
    ],
  ])('%s', (_name, stopped, expected) => {
    const verdict = classifyStop(stopped);
    expect(verdict).toMatchObject({ began: true, retryable: false, ...expected });
    if (verdict.exitCode === 0) expect(verdict).not.toHaveProperty('reasonCode');
  });

  test('is not taken for another container of its task', () => {
    expect(classifyStop(task({ shell: { exitCode: 3 }, runner: { exitCode: 0 } }))).toMatchObject({ exitCode: 0 });
    expect(classifyStop(task({ init: { exitCode: 23 }, runner: {} }))).not.toHaveProperty('exitCode');
  });
});

describe('a command that may have begun', () => {
  test.each([
    ['InfrastructureHealth', 'lost'],
    ['SpotInterruption', 'spot_interrupted'],
    ['TerminationNotice', 'spot_interrupted'],
    ['UserInitiated', 'cancelled'],
    ['EssentialContainerExited', 'lost'],
    [undefined, 'lost'],
  ])('and whose task stopped by %s without an exit code', (stopCode, reasonCode) => {
    const { stopCode: _usual, ...rest } = task();
    expect(classifyStop({ ...rest, stopCode })).toMatchObject({ began: true, retryable: false, reasonCode });
  });
});

describe('a command that never began', () => {
  test.each([
    [20, 'payload', false],
    [21, 'clone_auth', false],
    [22, 'ref_not_found', false],
    [23, 'clone_failed', false],
    [24, 'network', true],
    [137, 'out_of_memory', false],
    [1, 'clone_failed', false],
  ])('because init ended with %d', (exitCode, reasonCode, retryable) => {
    const stopped = task({ init: { exitCode }, stoppedReason: 'Container init did not succeed' });
    expect(classifyStop(stopped)).toMatchObject({ began: false, reasonCode, retryable });
  });

  test.each([
    [
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform linux/arm64',
      'image_platform',
      false,
    ],
    [
      'CannotPullContainerError: no matching manifest for linux/arm64/v8 in the manifest list entries',
      'image_platform',
      false,
    ],
    [
      'CannotPullContainerError: pull image manifest has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit',
      'image_pull',
      true,
    ],
    [
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/library/nope:1: not found',
      'image_pull',
      false,
    ],
    ['CannotPullContainerError: manifest unknown: manifest unknown', 'image_pull', false],
    [
      'CannotPullContainerError: pull access denied, repository does not exist or may require authorization',
      'image_pull',
      false,
    ],
    ['CannotPullContainerError: 403 Forbidden', 'image_pull', false],
    [
      'CannotPullContainerError: The task cannot pull registry.example/app:1 from the registry. dial tcp 10.0.0.1:443: i/o timeout',
      'network',
      true,
    ],
    [
      'CannotPullContainerError: Get "https://images.example/v2/": net/http: request canceled while waiting for connection',
      'network',
      true,
    ],
    ['CannotPullContainerError: failed to copy: write /var/lib/layer: no space left on device', 'image_pull', false],
    ['CannotPullContainerError: something nobody has heard of', 'image_pull', false],
    ['CannotStartContainerError: exec /exec/bin/busybox: exec format error', 'image_platform', false],
    ['CannotStartContainerError: ResourceInitializationError: unable to find user app', 'image_pull', false],
    ['CannotCreateContainerError: invalid mount', 'image_pull', false],
    [
      'ResourceInitializationError: failed to validate logger args: The specified log group does not exist.',
      'permission',
      false,
    ],
    [
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: not authorized to perform: logs:CreateLogStream',
      'permission',
      false,
    ],
    [
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: AccessDeniedException: User is not authorized to perform: ssm:GetParameters',
      'permission',
      false,
    ],
    [
      'ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. RequestError: send request failed caused by: dial tcp 1.2.3.4:443: i/o timeout',
      'network',
      true,
    ],
    ['Timeout waiting for network interface provisioning to complete.', 'network', true],
    [
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
      'no_capacity',
      true,
    ],
    ["You've reached the limit on the number of vCPUs you can run concurrently", 'quota', true],
    ['ECS was unable to assume the role', 'permission', false],
    ['OutOfMemoryError: container killed due to memory usage', 'out_of_memory', false],
    ['Words that nobody has written yet', 'no_capacity', true],
  ])('and AWS says: %s', (words, reasonCode, retryable) => {
    // The words stand with the container or with the task.
    for (const stopped of [failedToStart(words), failedToStart('Task failed to start', { reason: words })]) {
      const verdict = classifyStop(stopped);
      expect(verdict).toMatchObject({ began: false, reasonCode, retryable });
      expect(verdict).not.toHaveProperty('exitCode');
    }
    expect(classifyStop(failedToStart(words)).reason).toContain(words);
  });

  test('because somebody stopped the task before', () => {
    const stopped = task({ stopCode: 'UserInitiated', stoppedReason: 'cancelled', init: { exitCode: 143 } });
    expect(classifyStop(stopped)).toMatchObject({ began: false, reasonCode: 'cancelled', retryable: false });
  });

  test('because its machine was taken back before', () => {
    const stopped = task({ stopCode: 'SpotInterruption', shell: {}, init: {} });
    expect(classifyStop(stopped)).toMatchObject({ began: false, reasonCode: 'spot_interrupted', retryable: true });
  });

  test('because a container before it failed, with the name of that', () => {
    const stopped = task({ shell: { exitCode: 2 }, init: {} });
    expect(classifyStop(stopped)).toMatchObject({ began: false, reasonCode: 'clone_failed' });
    expect(classifyStop(stopped).reason).toContain('shell');
  });

  test('although Docker gave an exit code to a container that it could not start', () => {
    const runner = { exitCode: 128, reason: 'CannotStartContainerError: exec format error' };
    expect(classifyStop(task({ stopCode: 'TaskFailedToStart', runner }))).toMatchObject({
      began: false,
      reasonCode: 'image_platform',
    });
  });

  test('and a very long reason is cut', () => {
    const verdict = classifyStop(failedToStart(`CannotPullContainerError: ${'x'.repeat(5000)}`));
    expect(verdict.reason?.length).toBeLessThan(800);
  });
});

test('a refusal of RunTask is told by its words', () => {
  expect(classifyRefusal('RESOURCE:ENI')).toMatchObject({ code: 'network', retryable: true });
  expect(classifyRefusal('Capacity is unavailable at this time.')).toMatchObject({
    code: 'no_capacity',
    retryable: true,
  });
  expect(classifyRefusal('RESOURCE:CPU')).toMatchObject({ code: 'no_capacity', retryable: true });
  expect(classifyRefusal('AccessDeniedException: User is not authorized to perform: iam:PassRole')).toMatchObject({
    code: 'permission',
    retryable: false,
  });
  expect(classifyRefusal('ThrottlingException: Rate exceeded')).toMatchObject({ code: 'quota', retryable: true });
  expect(classifyRefusal('InvalidParameterException: No Container Instances were found')).toMatchObject({
    retryable: false,
  });
});

test('whatever AWS says, nothing that may have begun is tried again', () => {
  const container = fc.record(
    {
      name: fc.constantFrom('shell', 'init', 'runner', 'ecs-service-connect'),
      exitCode: fc.integer({ min: 0, max: 255 }),
      reason: fc.oneof(fc.string(), fc.constantFrom('CannotPullContainerError: x', 'OutOfMemoryError', 'RESOURCE:ENI')),
    },
    { requiredKeys: ['name'] },
  );
  const stopped = fc.record(
    {
      stopCode: fc.constantFrom(
        'EssentialContainerExited',
        'TaskFailedToStart',
        'SpotInterruption',
        'UserInitiated',
        'New',
      ),
      stoppedReason: fc.string(),
      containers: fc.array(container, { maxLength: 4 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(stopped, (given) => {
      const verdict = classifyStop(given);
      if (verdict.retryable) expect(verdict.began).toBe(false);
      if (verdict.exitCode !== undefined) expect(verdict.began).toBe(true);
      if (verdict.exitCode !== 0) expect(verdict.reason).toMatch(/\S/);
    }),
    { numRuns: 2000 },
  );
});
