import { describe, expect, test } from '@jest/globals';
import { createAwsAuthenticator } from '../../src/aws/authenticator.js';
import { type HttpEvent, requestOf, resultOf } from '../../src/aws/http-events.js';
import type { AuthMode } from '../../src/aws/names.js';
import { createServiceHandler } from '../../src/entries/lambda.js';
import type { Backend } from '../../src/index.js';

/** As a REST API with proxy integration sends it (payload format 1.0). */
const rest = (given: Partial<HttpEvent> = {}): HttpEvent => ({
  httpMethod: 'GET',
  path: '/executions',
  headers: { 'X-Api-Key': 'k', Host: 'abc.execute-api.us-east-1.amazonaws.com' },
  multiValueHeaders: { 'X-Api-Key': ['k'] },
  multiValueQueryStringParameters: null,
  body: null,
  isBase64Encoded: false,
  ...given,
  requestContext: {
    domainName: 'abc.execute-api.us-east-1.amazonaws.com',
    requestId: 'r-1',
    identity: { userArn: null },
    ...given.requestContext,
  },
});

describe('a request in an event', () => {
  test('of a REST API, with its query, body and headers of any case', async () => {
    const request = requestOf(
      rest({
        httpMethod: 'POST',
        path: '/executions',
        multiValueQueryStringParameters: { label: ['a=b c', 'd&e'], cursor: ['x+y/='] },
        body: Buffer.from('{"command":"écho"}').toString('base64'),
        isBase64Encoded: true,
      }),
    );
    const url = new URL(request.url);
    expect(url.pathname).toBe('/executions');
    expect(url.searchParams.getAll('label')).toEqual(['a=b c', 'd&e']);
    expect(url.searchParams.get('cursor')).toBe('x+y/=');
    expect(request.headers.get('x-api-key')).toBe('k');
    expect(request.headers.get('x-request-id')).toBe('r-1');
    expect(await request.json()).toEqual({ command: 'écho' });
  });

  test('of a function URL', async () => {
    const request = requestOf({
      version: '2.0',
      rawPath: '/task/executions/e/report',
      rawQueryString: 'a=1%2B2',
      headers: { 'x-job-token': 't' },
      body: '{}',
      requestContext: { domainName: 'u.lambda-url.us-east-1.on.aws', http: { method: 'POST' } },
    });
    expect(request.method).toBe('POST');
    expect(request.url).toBe('https://u.lambda-url.us-east-1.on.aws/executions/e/report?a=1%2B2');
    expect(await request.text()).toBe('{}');
  });

  test('loses the prefixes that only API Gateway needs, and nothing that only looks like them', () => {
    const pathOf = (path: string): string => new URL(requestOf(rest({ path })).url).pathname;
    expect(pathOf('/task/executions/e/payload')).toBe('/executions/e/payload');
    expect(pathOf('/iam/executions')).toBe('/executions');
    expect(pathOf('/tasks')).toBe('/tasks');
  });

  test('an answer is one that both understand', async () => {
    const response = Response.json({ ok: true }, { status: 201, headers: { 'x-request-id': 'r' } });
    expect(await resultOf(response)).toEqual({
      statusCode: 201,
      headers: { 'content-type': 'application/json', 'x-request-id': 'r' },
      body: '{"ok":true}',
      isBase64Encoded: false,
    });
  });
});

describe('who sends a request', () => {
  const keys = { authenticate: () => Promise.resolve({ keyId: 'k', scopes: ['read' as const] }) };
  const arn = 'arn:aws:iam::123456789012:user/ops';
  const signed = rest({ requestContext: { identity: { userArn: arn } } });

  test.each([
    ['api-key', signed, { keyId: 'k' }],
    ['iam', signed, { arn, scopes: ['admin'] }],
    ['both', signed, { arn }],
    ['both', rest(), { keyId: 'k' }],
    ['iam', rest(), undefined],
  ] as const)('where %s is asked for', async (mode: AuthMode, event, caller) => {
    const found = await createAwsAuthenticator(mode, keys).authenticate(requestOf(event));
    if (caller) expect(found).toMatchObject(caller);
    else expect(found).toBeUndefined();
  });

  test('nobody is believed who says so in a header', async () => {
    const request = requestOf(rest({ headers: { 'x-hawser-caller-arn': arn, 'X-Hawser-Caller-Arn': arn } }));
    expect(await createAwsAuthenticator('iam', keys).authenticate(request)).toBeUndefined();
  });
});

describe('the handler', () => {
  test('opens the service once, again when that failed, and says so meanwhile', async () => {
    const did: unknown[] = [];
    const troubles: unknown[] = [];
    const backend = {
      handle: () => Promise.resolve(Response.json({})),
      taskChanged: (event: object) => Promise.resolve(void did.push(event)),
      sweep: () => Promise.resolve(void did.push('sweep')),
    } as unknown as Backend;
    let opened = 0;
    const handler = createServiceHandler(
      () => {
        opened += 1;
        return opened === 1 ? Promise.reject(new Error('no SSM')) : Promise.resolve(backend);
      },
      (error, requestId) => void troubles.push([(error as Error).message, requestId]),
    );
    expect(await handler(rest())).toMatchObject({
      statusCode: 503,
      body: expect.stringContaining('store_unavailable'),
    });
    expect(await handler(rest())).toMatchObject({ statusCode: 200 });
    const detail = { taskArn: 'arn:task', startedBy: 'exec_1', lastStatus: 'RUNNING' };
    await handler({ 'detail-type': 'ECS Task State Change', detail });
    await handler({ 'detail-type': 'Scheduled Event', detail: {} });
    expect(did).toEqual([{ executionId: 'exec_1', taskArn: 'arn:task' }, 'sweep']);
    expect(opened).toBe(2);
    expect(troubles).toEqual([['no SSM', 'r-1']]);
  });
});
