import { describe, expect, test } from '@jest/globals';
import {
  DescribeInstanceInformationCommand,
  DescribeSessionsCommand,
  GetConnectionStatusCommand,
  ListDocumentsCommand,
  ResumeSessionCommand,
  StartSessionCommand,
  TerminateSessionCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { DecryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import {
  DescribeClustersCommand,
  DescribeTasksCommand,
  ExecuteCommandCommand,
  ListClustersCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { parseChannelClosed, PayloadType } from '@hawser/ssm-channel/codec';
import { startSsmEmulator } from '@hawser/emulators/ssm';
import { clientsFor, startBench } from '../support/emulator.js';

const web = 'i-0123456789abcdef0';
const keyId = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';

describe('Systems Manager through its SDK', () => {
  test('starts a session and names its stream with a cell', async () => {
    const { ssm, emulator } = await startBench();
    const session = await ssm.send(new StartSessionCommand({ Target: web }));
    const url = new URL(session.StreamUrl!);
    expect(session.SessionId).toMatch(/^hawser-[0-9a-f]{17}$/);
    expect(url.origin).toBe(emulator.endpoint.replace('http', 'ws'));
    expect(url.pathname).toBe(`/v1/data-channel/${session.SessionId}`);
    expect(url.searchParams.get('role')).toBe('publish_subscribe');
    expect(url.searchParams.has('cell-number')).toBe(true);
    expect(emulator.calls).toEqual([{ operation: 'StartSession', input: { Target: web }, signature: 'valid' }]);
  });

  test.each([
    ['TargetNotConnected', { Target: 'i-0fffffffffffffff0' }, 'i-0fffffffffffffff0 is not connected.'],
    ['TargetNotConnected', { Target: 'i-00000000000000000' }, 'i-00000000000000000 is not connected.'],
    [
      'InvalidDocument',
      { Target: web, DocumentName: 'Nobody-Knows' },
      'Document with name Nobody-Knows does not exist.',
    ],
    [
      'InvalidParameters',
      { Target: web, DocumentName: 'AWS-StartSSHSession', Parameters: { portNumber: ['0'] } },
      'portNumber',
    ],
    ['InvalidParameters', { Target: web, DocumentName: 'AWS-StartInteractiveCommand' }, '"command"'],
    ['InvalidParameters', { Target: web, Parameters: { nonsense: ['1'] } }, 'nonsense'],
  ])('refuses with %s: %j', async (name, input, words) => {
    const { ssm } = await startBench();
    await expect(ssm.send(new StartSessionCommand(input))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(words),
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('answers an unknown operation at once with an error that is not retried', async () => {
    const { emulator } = await startBench();
    const { ssm } = clientsFor(emulator, { maxAttempts: 3 });
    await expect(ssm.send(new ListDocumentsCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
  });

  test('knows its sessions, active and past', async () => {
    const { ssm } = await startBench();
    const first = await ssm.send(new StartSessionCommand({ Target: web }));
    const second = await ssm.send(new StartSessionCommand({ Target: 'i-0aaaaaaaaaaaaaaa1' }));
    await ssm.send(new TerminateSessionCommand({ SessionId: first.SessionId! }));
    const active = await ssm.send(new DescribeSessionsCommand({ State: 'Active' }));
    const past = await ssm.send(
      new DescribeSessionsCommand({ State: 'History', Filters: [{ key: 'Target', value: web }] }),
    );
    expect(active.Sessions).toMatchObject([{ SessionId: second.SessionId, Status: 'Connected' }]);
    expect(past.Sessions).toMatchObject([{ SessionId: first.SessionId, Status: 'Terminated', Target: web }]);
    expect(past.Sessions![0]!.EndDate!.getTime()).toBeGreaterThanOrEqual(past.Sessions![0]!.StartDate!.getTime());
    const gone = await ssm.send(new ResumeSessionCommand({ SessionId: first.SessionId! }));
    expect([gone.SessionId, gone.TokenValue]).toEqual([first.SessionId, undefined]);
    await expect(ssm.send(new ResumeSessionCommand({ SessionId: 'hawser-0' }))).rejects.toMatchObject({
      name: 'DoesNotExistException',
    });
  });

  test('lists managed nodes by id, tag and status, page by page', async () => {
    const more = Array.from({ length: 12 }, (_, index) => ({
      id: `i-000000000000000${(16 + index).toString(16)}`,
      name: 'herd',
    }));
    const { ssm } = await startBench({ targets: more });
    const ids = async (Key: string, ...Values: string[]): Promise<readonly (string | undefined)[]> =>
      (await listAll(ssm, [{ Key, Values }])).map(({ InstanceId }) => InstanceId);
    expect(await ids('InstanceIds', web)).toEqual([web]);
    expect(await ids('tag:Name', 'worker')).toEqual(['i-0aaaaaaaaaaaaaaa1', 'i-0aaaaaaaaaaaaaaa2']);
    expect(await ids('tag:Role', 'db')).toEqual(['i-0fffffffffffffff0']);
    expect(await ids('PingStatus', 'ConnectionLost')).toEqual(['i-0fffffffffffffff0']);
    expect(await ids('tag:Name', 'herd')).toEqual(more.map(({ id }) => id));
    const page = await ssm.send(new DescribeInstanceInformationCommand({ MaxResults: 5 }));
    expect(page.InstanceInformationList).toHaveLength(5);
    expect(await listAll(ssm)).toHaveLength(16);
    await expect(ids('Shape', 'round')).rejects.toMatchObject({ name: 'InvalidFilterKey' });
    await expect(ssm.send(new DescribeInstanceInformationCommand({ NextToken: 'x' }))).rejects.toMatchObject({
      name: 'InvalidNextToken',
    });
  });

  test('tells whether a target is connected', async () => {
    const { ssm } = await startBench();
    const status = async (Target: string): Promise<string | undefined> =>
      (await ssm.send(new GetConnectionStatusCommand({ Target }))).Status;
    expect(await Promise.all([web, 'i-0fffffffffffffff0', 'i-00000000000000000'].map(status))).toEqual([
      'connected',
      'notconnected',
      'notconnected',
    ]);
  });

  test('refuses what a test asks it to refuse, with the words AWS uses', async () => {
    const refuse: Record<string, string> = { ResumeSession: 'AccessDeniedException' };
    const { ssm } = await startBench({ refuse });
    const { SessionId } = await ssm.send(new StartSessionCommand({ Target: web }));
    await expect(ssm.send(new ResumeSessionCommand({ SessionId: SessionId! }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    refuse['ResumeSession'] = 'ThrottlingException';
    await expect(ssm.send(new ResumeSessionCommand({ SessionId: SessionId! }))).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
    });
    delete refuse['ResumeSession'];
    await expect(ssm.send(new ResumeSessionCommand({ SessionId: SessionId! }))).resolves.toHaveProperty('TokenValue');
  });
});

describe('signatures of the SDK', () => {
  test('are refused when the key is wrong, and the call is remembered as such', async () => {
    const { emulator } = await startBench();
    const { ssm } = clientsFor(emulator, { secret: 'wrong' });
    await expect(ssm.send(new StartSessionCommand({ Target: web }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining('does not match'),
    });
    expect(emulator.calls).toMatchObject([{ operation: 'StartSession', signature: 'invalid' }]);
    expect(emulator.sessions).toEqual([]);
  });

  test('are refused for another region', async () => {
    const { emulator } = await startBench();
    const { ssm } = clientsFor(emulator, { region: 'eu-west-1' });
    await expect(ssm.send(new StartSessionCommand({ Target: web }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining("valid region, not 'eu-west-1'"),
    });
  });

  test('are refused from a clock that is ten minutes off, and the SDK learns the time from the answer', async () => {
    const { ssm } = await startBench({ clockOffsetMs: 10 * 60_000 });
    const call = (): Promise<unknown> => ssm.send(new StartSessionCommand({ Target: web }));
    await expect(call()).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(/^Signature expired: .* is now earlier than /),
    });
    await expect(call()).resolves.toHaveProperty('SessionId');
  });

  test('are refused from a clock that is ahead', async () => {
    const { ssm } = await startBench({ clockOffsetMs: -10 * 60_000 });
    await expect(ssm.send(new StartSessionCommand({ Target: web }))).rejects.toMatchObject({
      message: expect.stringMatching(/^Signature not yet current: /),
    });
  });

  test('of temporary credentials need their session token', async () => {
    const credentials = { accessKeyId: 'ASIAHAWSER0000000000', secretAccessKey: 'secret', sessionToken: 'token/+=' };
    const bench = await startBench({ credentials });
    await expect(bench.ssm.send(new StartSessionCommand({ Target: web }))).resolves.toHaveProperty('SessionId');
    const other = await startSsmEmulator({ credentials: { ...credentials, sessionToken: 'another' } });
    try {
      const { ssm } = clientsFor({ ...bench.emulator, env: bench.emulator.env, endpoint: other.endpoint });
      await expect(ssm.send(new StartSessionCommand({ Target: web }))).rejects.toMatchObject({
        name: 'UnrecognizedClientException',
      });
    } finally {
      await other.close();
    }
  });
});

describe('KMS through its SDK', () => {
  test('gives data keys that only their encryption context opens', async () => {
    const { kms } = await startBench();
    const EncryptionContext = { 'aws:ssm:SessionId': 's-1', 'aws:ssm:TargetId': web };
    const key = await kms.send(new GenerateDataKeyCommand({ KeyId: keyId, NumberOfBytes: 64, EncryptionContext }));
    expect(key.Plaintext).toHaveLength(64);
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob: key.CiphertextBlob, EncryptionContext, KeyId: keyId }),
    );
    expect(Buffer.from(opened.Plaintext!)).toEqual(Buffer.from(key.Plaintext!));
    const wrong = { ...EncryptionContext, 'aws:ssm:TargetId': 'i-1' };
    await expect(
      kms.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob, EncryptionContext: wrong })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    await expect(
      kms.send(new DecryptCommand({ CiphertextBlob: key.CiphertextBlob, EncryptionContext, KeyId: 'other' })),
    ).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  test('refuses keys it does not have, and sizes that make no sense', async () => {
    const { kms } = await startBench();
    await expect(kms.send(new GenerateDataKeyCommand({ KeyId: 'nope', NumberOfBytes: 64 }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await expect(kms.send(new GenerateDataKeyCommand({ KeyId: keyId }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from('x') }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
  });
});

describe('ECS through its SDK', () => {
  test('finds the cluster, its task, and the containers with their runtime ids', async () => {
    const { ecs } = await startBench();
    const { clusterArns } = await ecs.send(new ListClustersCommand({}));
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: clusterArns![0] }));
    const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: taskArns }));
    expect(tasks![0]!.containers!.map(({ name }) => name)).toEqual(['app', 'sidecar']);
    const clusters = await ecs.send(new DescribeClustersCommand({ clusters: ['default', 'none'] }));
    expect(clusters.clusters).toMatchObject([{ clusterName: 'default', status: 'ACTIVE' }]);
    expect(clusters.failures).toMatchObject([{ reason: 'MISSING' }]);
    await expect(ecs.send(new ListTasksCommand({ cluster: 'none' }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
  });

  test('executes a command in a container, without a shell around it', async () => {
    const bench = await startBench();
    const { taskArns } = await bench.ecs.send(new ListTasksCommand({}));
    const task = taskArns![0]!;
    const answer = await bench.ecs.send(
      new ExecuteCommandCommand({ task, container: 'app', command: `printf '%s' '$HOME'`, interactive: true }),
    );
    expect(answer.session!.sessionId).toMatch(/^ecs-execute-command-/);
    const client = await bench.connect({
      SessionId: answer.session!.sessionId,
      StreamUrl: answer.session!.streamUrl,
      TokenValue: answer.session!.tokenValue,
    });
    const closed = await client.frame('channel_closed');
    expect(client.bytes(PayloadType.Output).toString()).toBe('$HOME');
    const { tasks } = await bench.ecs.send(new DescribeTasksCommand({ tasks: [task] }));
    const { runtimeId } = tasks![0]!.containers![0]!;
    const target = `ecs:default_${task.split('/').at(-1)}_${runtimeId}`;
    expect(parseChannelClosed(closed.payload).destinationId).toBe(target);
    expect(bench.emulator.targets.map(({ id }) => id)).toContain(target);
  });

  test.each([
    [{ container: 'app', interactive: false }, 'Interactive'],
    [{ container: 'none', interactive: true }, 'container'],
    [{ interactive: true }, 'more than one container'],
  ])('refuses %j', async (input, words) => {
    const { ecs } = await startBench();
    const { taskArns } = await ecs.send(new ListTasksCommand({}));
    await expect(
      ecs.send(new ExecuteCommandCommand({ task: taskArns![0]!, command: 'true', ...input })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException', message: expect.stringContaining(words) });
  });
});

async function listAll(ssm: SSMClient, Filters: { Key: string; Values: string[] }[] = []) {
  const nodes = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(
      new DescribeInstanceInformationCommand({ Filters, MaxResults: 5, ...(NextToken && { NextToken }) }),
    );
    nodes.push(...page.InstanceInformationList!);
    NextToken = page.NextToken;
  } while (NextToken);
  return nodes;
}
