import { afterEach, describe, expect, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createAwsApi } from '../../src/aws/create-api.js';
import type { AwsApi } from '../../src/aws/api.js';
import { type Answer, type FakeAws, signatureOf, startFakeAws, startFakeProxy } from '../support/fake-aws.js';

const tls = new URL('../fixtures/tls/', import.meta.url);
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
const started: Answer = { body: { SessionId: 'me-1', StreamUrl: 'wss://gateway.example/v1', TokenValue: 'token' } };

const open: (AsyncDisposable | Disposable)[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) {
    if (Symbol.asyncDispose in one) await one[Symbol.asyncDispose]();
    else one[Symbol.dispose]();
  }
});
function keep<T extends AsyncDisposable | Disposable>(one: T): T {
  open.push(one);
  return one;
}
async function world(
  answers: Parameters<typeof startFakeAws>[0],
  env: Record<string, string> = keys,
): Promise<{ aws: FakeAws; api: AwsApi }> {
  const aws = keep(await startFakeAws(answers));
  return { aws, api: keep(createAwsApi({ endpointUrl: aws.endpoint, env })) };
}

describe('the calls', () => {
  test('StartSession sends what was asked for, signed, and answers what is needed to connect', async () => {
    const { aws, api } = await world({ StartSession: () => started });
    await expect(
      api.startSession({
        target: 'i-1',
        document: 'AWS-StartSSHSession',
        parameters: { portNumber: ['22'] },
        reason: 'why',
      }),
    ).resolves.toEqual({ sessionId: 'me-1', streamUrl: 'wss://gateway.example/v1', tokenValue: 'token' });
    expect(aws.calls[0]?.input).toEqual({
      Target: 'i-1',
      DocumentName: 'AWS-StartSSHSession',
      Parameters: { portNumber: ['22'] },
      Reason: 'why',
    });
    expect(aws.calls[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ssm\/aws4_request/,
    );
    await api.startSession({ target: 'i-1' });
    expect(aws.calls[1]?.input).toEqual({ Target: 'i-1' });
  });

  test('an answer without a token is an error that says so', async () => {
    const { api } = await world({ StartSession: () => ({ body: { SessionId: 'me-1' } }) });
    await expect(api.startSession({ target: 'i-1' })).rejects.toMatchObject({ code: 'HAWSER_SSM_API_FAILED' });
  });

  test('ResumeSession answers nothing when the session is gone', async () => {
    const answers: Answer[] = [
      { body: { SessionId: 'me-1', StreamUrl: 'wss://other.example/v1', TokenValue: 'token 2' } },
      { body: { SessionId: 'me-1' } },
      { error: 'DoesNotExistException' },
    ];
    const { api } = await world({ ResumeSession: (_input, nth) => answers[nth - 1] ?? started });
    await expect(api.resumeSession('me-1', {})).resolves.toEqual({
      sessionId: 'me-1',
      streamUrl: 'wss://other.example/v1',
      tokenValue: 'token 2',
    });
    await expect(api.resumeSession('me-1', {})).resolves.toBeUndefined();
    await expect(api.resumeSession('me-1', {})).resolves.toBeUndefined();
  });

  test('GenerateDataKey asks for 64 bytes under the encryption context', async () => {
    const plaintext = Buffer.alloc(64, 7);
    const { aws, api } = await world({
      GenerateDataKey: () => ({ body: { Plaintext: plaintext.toString('base64'), CiphertextBlob: 'AQID' } }),
    });
    const key = await api.generateDataKey({ keyId: 'alias/k', context: { 'aws:ssm:SessionId': 'me-1' } }, {});
    expect(Buffer.from(key.plaintext)).toEqual(plaintext);
    expect([...key.ciphertext]).toEqual([1, 2, 3]);
    expect(aws.calls[0]?.input).toEqual({
      KeyId: 'alias/k',
      NumberOfBytes: 64,
      EncryptionContext: { 'aws:ssm:SessionId': 'me-1' },
    });
    expect(aws.calls[0]?.headers['x-amz-target']).toBe('TrentService.GenerateDataKey');
  });

  test('a data key of the wrong size is refused', async () => {
    const { api } = await world({ GenerateDataKey: () => ({ body: { Plaintext: 'AQID', CiphertextBlob: 'AQID' } }) });
    await expect(api.generateDataKey({ keyId: 'k', context: {} }, {})).rejects.toMatchObject({
      code: 'HAWSER_SSM_API_FAILED',
    });
  });

  test('nodes and sessions are read to the last page', async () => {
    const { aws, api } = await world({
      DescribeInstanceInformation: (_input, nth) => ({
        body: {
          InstanceInformationList: [
            {
              InstanceId: `i-${nth}`,
              PingStatus: nth === 1 ? 'Online' : 'ConnectionLost',
              PlatformType: 'Linux',
              ComputerName: 'web',
            },
          ],
          ...(nth < 3 ? { NextToken: `page ${nth + 1}` } : {}),
        },
      }),
      DescribeSessions: (_input, nth) => ({
        body: {
          Sessions: [{ SessionId: `me-${nth}`, Target: 'i-1', Status: 'Connected', StartDate: 1_700_000_000 }],
          ...(nth < 2 ? { NextToken: 'more' } : {}),
        },
      }),
    });
    const nodes = await api.describeInstances({ ids: ['i-1'], tag: { key: 'Env', value: 'prod' } });
    expect(nodes).toEqual([
      { id: 'i-1', pingStatus: 'Online', online: true, platform: 'Linux', computerName: 'web' },
      { id: 'i-2', pingStatus: 'ConnectionLost', online: false, platform: 'Linux', computerName: 'web' },
      { id: 'i-3', pingStatus: 'ConnectionLost', online: false, platform: 'Linux', computerName: 'web' },
    ]);
    expect(aws.calls[0]?.input['Filters']).toEqual([
      { Key: 'InstanceIds', Values: ['i-1'] },
      { Key: 'tag:Env', Values: ['prod'] },
    ]);
    const sessions = await api.describeSessions({ state: 'Active', target: 'i-1' });
    expect(sessions.map((session) => session.sessionId)).toEqual(['me-1', 'me-2']);
    expect(sessions[0]).toEqual({
      sessionId: 'me-1',
      target: 'i-1',
      status: 'Connected',
      started: new Date(1_700_000_000_000),
    });
    expect(aws.calls.at(-1)?.input).toMatchObject({
      State: 'Active',
      Filters: [{ key: 'Target', value: 'i-1' }],
      NextToken: 'more',
    });
  });

  test('ECS: tasks are described, and a command starts a session', async () => {
    const { aws, api } = await world({
      DescribeTasks: (input) => ({
        body:
          input['cluster'] === 'shop'
            ? {
                tasks: [
                  {
                    taskArn: 'arn:aws:ecs:eu-west-1:1:task/shop/t1',
                    clusterArn: 'arn:aws:ecs:eu-west-1:1:cluster/shop',
                    containers: [
                      { name: 'web', runtimeId: 't1-1', lastStatus: 'RUNNING' },
                      { name: 'log', lastStatus: 'PENDING' },
                    ],
                  },
                ],
              }
            : { tasks: [], failures: [{ reason: 'MISSING' }] },
      }),
      ExecuteCommand: () => ({
        body: { session: { sessionId: 'ecs-1', streamUrl: 'wss://gateway.example/v1', tokenValue: 't' } },
      }),
    });
    await expect(api.describeTask({ cluster: 'shop', task: 't1' })).resolves.toEqual({
      id: 't1',
      cluster: 'shop',
      containers: [
        { name: 'web', runtimeId: 't1-1', running: true },
        { name: 'log', running: false },
      ],
    });
    await expect(api.describeTask({ cluster: 'other', task: 't1' })).resolves.toBeUndefined();
    await expect(api.executeCommand({ cluster: 'shop', task: 't1', container: 'web', command: 'sh' })).resolves.toEqual(
      {
        sessionId: 'ecs-1',
        streamUrl: 'wss://gateway.example/v1',
        tokenValue: 't',
      },
    );
    expect(aws.calls.at(-1)?.input).toEqual({
      cluster: 'shop',
      task: 't1',
      container: 'web',
      command: 'sh',
      interactive: true,
    });
  });

  test('GetConnectionStatus answers in one of two words', async () => {
    const { api } = await world({
      GetConnectionStatus: (input) => ({
        body: { Target: input['Target'], Status: input['Target'] === 'i-1' ? 'connected' : 'notconnected' },
      }),
    });
    await expect(api.connectionStatus('i-1')).resolves.toBe('connected');
    await expect(api.connectionStatus('i-2')).resolves.toBe('notconnected');
  });

  test('TerminateSession names the session', async () => {
    const { aws, api } = await world({ TerminateSession: () => ({ body: { SessionId: 'me-1' } }) });
    await api.terminateSession('me-1', {});
    expect(aws.calls[0]?.input).toEqual({ SessionId: 'me-1' });
  });
});

describe('what AWS refuses', () => {
  test.each([
    ['StartSession', 'TargetNotConnected', 'HAWSER_SSM_TARGET_NOT_CONNECTED'],
    ['StartSession', 'InvalidInstanceId', 'HAWSER_SSM_TARGET_NOT_FOUND'],
    ['StartSession', 'InvalidDocument', 'HAWSER_SSM_DOCUMENT_REFUSED'],
    ['StartSession', 'AccessDeniedException', 'HAWSER_SSM_ACCESS_DENIED'],
    ['StartSession', 'ExpiredTokenException', 'HAWSER_SSM_CREDENTIALS_EXPIRED'],
    ['StartSession', 'UnrecognizedClientException', 'HAWSER_SSM_CREDENTIALS_REFUSED'],
    ['StartSession', 'ValidationException', 'HAWSER_SSM_API_FAILED'],
    ['ResumeSession', 'AccessDeniedException', 'HAWSER_SSM_RESUME_REFUSED'],
    ['GenerateDataKey', 'AccessDeniedException', 'HAWSER_SSM_KMS_DENIED'],
    ['GenerateDataKey', 'NotFoundException', 'HAWSER_SSM_KMS_DENIED'],
    ['GenerateDataKey', 'KMSInvalidStateException', 'HAWSER_SSM_KMS_DENIED'],
    ['ExecuteCommand', 'InvalidParameterException', 'HAWSER_SSM_EXEC_REFUSED'],
    ['ExecuteCommand', 'TargetNotConnectedException', 'HAWSER_SSM_TARGET_NOT_CONNECTED'],
    ['ExecuteCommand', 'ClusterNotFoundException', 'HAWSER_SSM_TARGET_NOT_FOUND'],
  ])('%s: %s becomes %s', async (operation, awsCode, code) => {
    const { aws, api } = await world({ [operation]: () => ({ error: awsCode, message: 'the words of AWS' }) });
    const calls: Record<string, () => Promise<unknown>> = {
      StartSession: () => api.startSession({ target: 'i-1' }),
      ResumeSession: () => api.resumeSession('me-1', {}),
      GenerateDataKey: () => api.generateDataKey({ keyId: 'key-1', context: {} }, {}),
      ExecuteCommand: () => api.executeCommand({ cluster: 'c', task: 't', container: 'w', command: 'sh' }),
    };
    const error: unknown = await calls[operation]?.().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code,
      exitCode: 1,
      cause: { name: awsCode, message: 'the words of AWS' },
      details: { operation, awsCode, requestId: 'request-1' },
    });
    expect(aws.calls).toHaveLength(1);
  });

  test('a busy service is asked three times, then reported', async () => {
    const { aws, api } = await world({ StartSession: () => ({ error: 'ThrottlingException' }) });
    await expect(api.startSession({ target: 'i-1' })).rejects.toMatchObject({ code: 'HAWSER_SSM_THROTTLED' });
    expect(aws.calls).toHaveLength(3);
  });

  test('a service that fails once is asked again', async () => {
    const { aws, api } = await world({
      StartSession: (_input, nth) => (nth === 1 ? { error: 'InternalServerError', status: 500 } : started),
    });
    await expect(api.startSession({ target: 'i-1' })).resolves.toMatchObject({ sessionId: 'me-1' });
    expect(aws.calls).toHaveLength(2);
  });

  test('a wrong clock is put right from what the service says, for the websocket too', async () => {
    const hour = 3_600_000;
    const aws = keep(
      await startFakeAws(
        { StartSession: (_input, nth) => (nth === 1 ? { error: 'RequestTimeTooSkewed' } : started) },
        { date: () => new Date(Date.now() + hour) },
      ),
    );
    const api = keep(createAwsApi({ endpointUrl: aws.endpoint, env: keys }));
    await expect(api.startSession({ target: 'i-1' })).resolves.toMatchObject({ sessionId: 'me-1' });
    const headers = await api.upgrade?.headers?.('wss://gateway.example/v1?role=publish_subscribe', {});
    const [, y, mo, d, h, mi, s] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(headers?.['x-amz-date'] ?? '') ?? [];
    const signedAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
    expect(Math.abs(signedAt - Date.now() - hour)).toBeLessThan(60_000);
  });

  test('a clock that stays wrong is named', async () => {
    const { api } = await world({
      StartSession: () => ({
        error: 'InvalidSignatureException',
        message: 'Signature expired: 20260101T000000Z is now earlier than …',
      }),
    });
    await expect(api.startSession({ target: 'i-1' })).rejects.toMatchObject({ code: 'HAWSER_SSM_CLOCK_SKEW' });
  });

  test('without a region the call says how to name one', async () => {
    const aws = keep(await startFakeAws({}));
    const { AWS_REGION: _, ...env } = keys;
    const api = keep(createAwsApi({ endpointUrl: aws.endpoint, env: { ...env, AWS_PROFILE: 'no-such-profile' } }));
    await expect(api.startSession({ target: 'i-1' })).rejects.toMatchObject({
      code: 'HAWSER_SSM_REGION_MISSING',
      exitCode: 2,
    });
    await expect(api.region()).rejects.toMatchObject({ code: 'HAWSER_SSM_REGION_MISSING' });
  });

  test('an abort ends a call with its own reason', async () => {
    const asked = new EventEmitter();
    const aws = keep(
      await startFakeAws({
        StartSession: () => {
          asked.emit('call');
          return 'never';
        },
      }),
    );
    const api = keep(createAwsApi({ endpointUrl: aws.endpoint, env: keys }));
    const controller = new AbortController();
    const called = once(asked, 'call');
    const call = api.startSession({ target: 'i-1' }, { signal: controller.signal });
    await called;
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(api.startSession({ target: 'i-1' }, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('the signal of the whole object ends every call', async () => {
    const controller = new AbortController();
    const aws = keep(await startFakeAws({ StartSession: () => 'never' }));
    const api = keep(createAwsApi({ endpointUrl: aws.endpoint, env: keys, signal: controller.signal }));
    const call = api.startSession({ target: 'i-1' });
    controller.abort(new Error('all of it'));
    await expect(call).rejects.toThrow('all of it');
    await expect(api.credentials()).rejects.toThrow('all of it');
  });
});

describe('the websocket upgrade', () => {
  const url = 'wss://ssmmessages.us-east-2.amazonaws.com/v1/data-channel/me-1?role=publish_subscribe';

  test('is signed with the credentials in force, for the region of its host', async () => {
    const api = keep(createAwsApi({ env: { ...keys, AWS_SESSION_TOKEN: 'temporary' } }));
    const headers = (await api.upgrade?.headers?.(url, {})) ?? {};
    const signature = signatureOf({
      url: new URL(url),
      headers: { ...headers, host: 'ssmmessages.us-east-2.amazonaws.com' },
      signedHeaders: ['host', 'x-amz-date', 'x-amz-security-token'],
      secretAccessKey: 'secret',
      region: 'us-east-2',
      service: 'ssmmessages',
    });
    expect(headers['authorization']).toContain(`Signature=${signature}`);
    expect(headers['x-amz-security-token']).toBe('temporary');
  });

  test('goes unsigned when there are no credentials, or when the URL is signed already', async () => {
    const nowhere = keep(createAwsApi({ env: { AWS_REGION: 'eu-west-1', AWS_PROFILE: 'no-such-profile' } }));
    await expect(nowhere.upgrade?.headers?.(url, {})).resolves.toEqual({});
    await expect(nowhere.credentials()).resolves.toBeUndefined();
    const api = keep(createAwsApi({ env: keys }));
    await expect(api.upgrade?.headers?.(`${url}&X-Amz-Signature=0`, {})).resolves.toEqual({});
  });
});

describe('proxies and trust', () => {
  const certified = {
    key: readFileSync(new URL('server.key', tls), 'utf8'),
    cert: readFileSync(new URL('server.pem', tls), 'utf8'),
  };
  const ca = new URL('ca.pem', tls).pathname;

  test('calls go through the proxy, user and password included, and past it where NO_PROXY says so', async () => {
    const aws = keep(await startFakeAws({ StartSession: () => started }));
    const proxy = keep(await startFakeProxy(aws.port));
    const HTTP_PROXY = proxy.url.replace('//', '//me:p%40ss@');
    const api = keep(createAwsApi({ endpointUrl: 'http://ssm.aws.test:8080', env: { ...keys, HTTP_PROXY } }));
    await expect(api.startSession({ target: 'i-1' })).resolves.toMatchObject({ sessionId: 'me-1' });
    expect(proxy.connects).toEqual(['ssm.aws.test:8080']);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
    const direct = keep(createAwsApi({ endpointUrl: aws.endpoint, env: { ...keys, HTTP_PROXY } }));
    await direct.startSession({ target: 'i-1' });
    expect(proxy.connects).toHaveLength(1);
    expect(aws.calls).toHaveLength(2);
  });

  test('a private authority is trusted once its file is named', async () => {
    const aws = keep(await startFakeAws({ StartSession: () => started }, { tls: certified }));
    for (const options of [{ caFile: ca }, { env: { ...keys, AWS_CA_BUNDLE: ca } }]) {
      const api = keep(createAwsApi({ endpointUrl: aws.endpoint, env: keys, ...options }));
      await expect(api.startSession({ target: 'i-1' })).resolves.toMatchObject({ sessionId: 'me-1' });
    }
  });

  test('a private authority is trusted through a proxy too', async () => {
    const aws = keep(await startFakeAws({ StartSession: () => started }, { tls: certified }));
    const proxy = keep(await startFakeProxy(aws.port));
    const api = keep(
      createAwsApi({ endpointUrl: 'https://ssm.aws.test', caFile: ca, env: { ...keys, HTTPS_PROXY: proxy.url } }),
    );
    await expect(api.startSession({ target: 'i-1' })).resolves.toMatchObject({ sessionId: 'me-1' });
    expect(proxy.connects).toEqual(['ssm.aws.test:443']);
  });

  test('a proxy that refuses is a failure that says what it answered', async () => {
    const aws = keep(await startFakeAws({}));
    const proxy = keep(await startFakeProxy(aws.port, 407));
    const api = keep(createAwsApi({ endpointUrl: 'https://ssm.aws.test', env: { ...keys, HTTPS_PROXY: proxy.url } }));
    await expect(api.startSession({ target: 'i-1' })).rejects.toMatchObject({
      code: 'HAWSER_SSM_ENDPOINT_UNREACHABLE',
      message: expect.stringContaining('407'),
    });
  });

  test.each([
    ['missing', '/nowhere/ca.pem', 'cannot be read'],
    ['empty', new URL('README.md', tls).pathname, 'holds no PEM certificate'],
  ])('a certificate file that is %s is named', async (_how, caFile, words) => {
    const api = keep(createAwsApi({ endpointUrl: 'https://ssm.aws.test', caFile, env: keys }));
    await expect(api.startSession({ target: 'i-1' })).rejects.toMatchObject({
      code: 'HAWSER_SSM_CA_FILE',
      exitCode: 2,
      message: expect.stringContaining(words),
    });
  });
});
