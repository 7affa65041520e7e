import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import type { ExecutionRecord, ExecutionRequest, LogEvent, LogPage } from '@hawser/exec-client/contract';
import { isEnd } from '@hawser/exec-client/contract';
import { scale } from '../../../../test/support/scale.js';
import { type LambdaService, machineImage, startLambdaService, type TaskChange } from '../support/lambda-service.js';

let service: LambdaService;
let registry: Server;
/** What becomes of an event of a task. */
let passes: (change: TaskChange) => readonly TaskChange[] = (change) => [change];

const entryPointImage = (): string => `127.0.0.1:${(registry.address() as AddressInfo).port}/tools/env:1`;

beforeAll(async () => {
  registry = createServer((request, response) => {
    const answers: Record<string, unknown> = {
      '/v2/tools/env/manifests/1': {
        manifests: [{ digest: 'sha256:one', platform: { os: 'linux', architecture: 'amd64' } }],
      },
      '/v2/tools/env/manifests/sha256:one': { config: { digest: 'sha256:two' } },
      '/v2/tools/env/blobs/sha256:two': { config: { Entrypoint: ['/usr/bin/env', 'printf'] } },
    };
    const answer = answers[request.url ?? ''];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? {}));
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  service = await startLambdaService({
    passes: (change) => passes(change),
    emulator: { images: { [entryPointImage()]: { digest: `sha256:${'e'.repeat(64)}` } } },
  });
});

afterAll(async () => {
  await service.close();
  registry.closeAllConnections();
  registry.close();
});

afterEach(() => {
  service.aws.faults = {};
  passes = (change) => [change];
});

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  const response = await fetch(`${service.endpoint}${path}`, {
    method,
    headers: { 'x-api-key': service.apiKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: Answer<T> = { status: response.status, body: (await response.json()) as T };
  return answer;
}

interface Ended {
  readonly record: ExecutionRecord;
  readonly text: string;
  readonly complete: boolean;
}

/** Starts a run and reads its log to the end; the sweep comes as often as it is waited for. */
async function run(request: ExecutionRequest, meanwhile?: (record: ExecutionRecord) => Promise<void>): Promise<Ended> {
  const started = await call<ExecutionRecord>('POST', '/executions', { no_repo: true, ...request });
  expect(started).toMatchObject({ status: 201 });
  return finish(started.body.execution_id, meanwhile);
}

async function finish(id: string, meanwhile?: (record: ExecutionRecord) => Promise<void>): Promise<Ended> {
  const events: LogEvent[] = [];
  let cursor = '';
  let told = false;
  for (;;) {
    const { status, body } = await call<LogPage>(
      'GET',
      `/executions/${id}/logs?wait=1&cursor=${encodeURIComponent(cursor)}`,
    );
    // A page that could not be read now is read again.
    if (status >= 500 || status === 429) continue;
    expect({ status, body }).toMatchObject({ status: 200 });
    events.push(...body.events);
    cursor = body.cursor;
    const show = async (): Promise<ExecutionRecord> => (await call<ExecutionRecord>('GET', `/executions/${id}`)).body;
    if (body.done) {
      const written = events.filter(({ stream }) => stream === 'runner');
      return {
        record: await show(),
        text: written.map(({ message }) => `${message}\n`).join(''),
        complete: body.complete,
      };
    }
    if (!told && events.some(({ message }) => message === 'begun')) {
      told = true;
      await meanwhile?.(await show());
    }
    await service.handler({ 'detail-type': 'Scheduled Event' });
  }
}

const started = (id: string): number =>
  new Set(
    service.aws.calls
      .filter(({ operation }) => operation === 'ecs:RunTask')
      .map(({ input }) => input as { readonly startedBy?: string; readonly clientToken?: string })
      .filter(({ startedBy }) => startedBy === id)
      .map(({ clientToken }) => clientToken),
  ).size;

describe('the service on AWS, where AWS is not calm', () => {
  test('an answer of RunTask that is lost, again and again, starts one task', async () => {
    service.aws.faults = { loseAnswers: { 'ecs:RunTask': scale(3, 12) } };
    const { record, text, complete } = await run({ command: 'echo once' });
    expect({ phase: record.phase, text, complete, attempt: record.attempt }).toEqual({
      phase: 'succeeded',
      text: 'once\n',
      complete: true,
      attempt: 1,
    });
    expect(started(record.execution_id)).toBe(1);
  });

  test('a refusal that may pass is tried again with a token of its own, and no other', async () => {
    service.aws.faults = { runTaskFailures: [{ reason: 'RESOURCE:ENI' }] };
    const { record, text } = await run({ command: 'echo twice' });
    expect({ phase: record.phase, attempt: record.attempt, text }).toEqual({
      phase: 'succeeded',
      attempt: 2,
      text: 'twice\n',
    });
    expect(started(record.execution_id)).toBe(2);
    service.aws.faults = { runTaskFailures: [{ reason: 'AccessDeniedException', detail: 'iam:PassRole' }] };
    const refused = await run({ command: 'echo never' });
    expect(refused.record).toMatchObject({ phase: 'error', attempt: 1, reason_code: 'permission' });
  });

  test('a task that cannot start says why, and runs nothing', async () => {
    const stop = {
      stopCode: 'TaskFailedToStart',
      reason: 'CannotPullContainerError: manifest unknown: manifest unknown',
    };
    service.aws.faults = { taskFails: { [machineImage]: stop } };
    const { record, text } = await run({ command: 'echo never' });
    expect(record).toMatchObject({ phase: 'error', reason_code: 'image_pull', attempt: 1 });
    expect(record.reason).toContain('manifest unknown');
    expect(text).toBe('');
  });

  test('a task whose machine is taken back while it runs is not run again', async () => {
    const { record } = await run({ command: 'echo begun; sleep 600' }, async ({ task }) => {
      await service.aws.stopTask(task?.arn ?? '', {
        stopCode: 'SpotInterruption',
        reason: 'Your Spot Task was interrupted.',
      });
    });
    expect(record).toMatchObject({ phase: 'failed', reason_code: 'spot_interrupted', attempt: 1 });
    expect(started(record.execution_id)).toBe(1);
  });

  test('throttled and late, with empty pages and tasks that are not seen yet, all of a log comes', async () => {
    service.aws.faults = {
      throttle: {
        'ecs:RunTask': { perSecond: 2, burst: 1 },
        'ecs:DescribeTasks': { perSecond: 8, burst: 2 },
        'logs:GetLogEvents': { perSecond: 8, burst: 2 },
      },
      taskMissingMs: 300,
      logDelayMs: 300,
      emptyLogPages: true,
    };
    const lines = scale(300, 20_000);
    const { record, text, complete } = await run({ command: `busybox seq ${lines}; exit 3` });
    const wanted = Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join('');
    expect({ code: record.exit_code, complete, whole: text === wanted }).toEqual({
      code: 3,
      complete: true,
      whole: true,
    });
    expect(record.log).toMatchObject({ lines, complete: true });
  });

  test('events that are lost, doubled and late change nothing', async () => {
    passes = () => [];
    const silent = await run({ command: 'echo quiet; exit 5' });
    expect(silent.record).toMatchObject({ phase: 'failed', exit_code: 5 });
    const held: TaskChange[] = [];
    passes = (change) => {
      held.push(change);
      return held.length % 2 === 0 ? held.toReversed() : [];
    };
    const loud = await run({ command: 'echo loud' });
    expect({ phase: loud.record.phase, text: loud.text }).toEqual({ phase: 'succeeded', text: 'loud\n' });
    expect(started(loud.record.execution_id)).toBe(1);
  });

  test('one definition serves all runs of an image, and is made anew when somebody took it away', async () => {
    const registered = (): number =>
      service.aws.calls.filter(({ operation }) => operation === 'ecs:RegisterTaskDefinition').length;
    await run({ command: 'true' });
    const before = registered();
    await run({ command: 'true' });
    expect(registered()).toBe(before);
    const ecs = new ECSClient({});
    const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({}));
    for (const taskDefinition of taskDefinitionArns)
      await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    await ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: taskDefinitionArns }));
    ecs.destroy();
    expect((await run({ command: 'echo still' })).text).toBe('still\n');
    expect(registered()).toBe(before + 1);
  });

  test("arguments go to the image's own entry point where that is asked for, and an unknown one is said", async () => {
    const { text } = await run({ image: entryPointImage(), entrypoint: 'image', argv: ['%s-', 'a b', 'c'] });
    expect(text).toBe('a b-c-\n');
    const image = entryPointImage().replace(':1', ':2');
    const { record } = await run({ image, entrypoint: 'image', argv: ['x'] });
    expect(record).toMatchObject({ phase: 'error', reason_code: 'image_pull' });
    expect(record.reason).toContain('no such image');
  });

  test('a program that the image lacks is named in the log and in the reason', async () => {
    const { record, text } = await run({ command: 'no-such-terraform plan' });
    expect(record).toMatchObject({ phase: 'failed', exit_code: 127, reason_code: 'command_not_found' });
    expect(text).toContain(`no-such-terraform is not in the image ${machineImage}`);
  });

  test('nothing secret stands in what AWS is told of a task', async () => {
    await call('POST', '/secrets', { name: 'PLANTED', value: 'planted-value' });
    const env = { ALSO: 'planted-env' };
    const { text } = await run({ command: 'printf %s "$P" | wc -c', secrets: { P: 'PLANTED' }, env });
    expect(text.trim()).toBe('13');
    const told = service.aws.calls.filter(({ operation }) => /^ecs:(?:RunTask|Register|Stop)/.test(operation));
    expect(told.length).toBeGreaterThan(1);
    expect(JSON.stringify(told)).not.toContain('planted');
  });

  test('a table that cannot be reached is said, and no key is called wrong for it', async () => {
    service.aws.faults = { serverErrors: { 'dynamodb:GetItem': 1000 } };
    const { status, body } = await call<{ readonly code: string; readonly retryable: boolean }>('GET', '/whoami');
    expect({ status, ...body }).toMatchObject({ status: 503, code: 'store_unavailable', retryable: true });
    service.aws.faults = {};
    const { record } = await run({ command: 'true' });
    expect(isEnd(record.phase)).toBe(true);
  });
});
