import { randomUUID } from 'node:crypto';
import { decode } from '../../http/decode.js';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import type { AwsError } from '../../ssm/api/aws-error.js';
import type { Throttle } from '../faults/throttle.js';
import type { Caller } from '../iam/caller.js';
import type { EmulatedFunction, InvokeResult } from '../lambda/function.js';
import type { Functions } from '../lambda/functions.js';
import { isPublic, mayInvoke } from '../lambda/permit.js';
import type { World } from '../world.js';
import { findRoute, type RestApis } from './apis.js';
import { restEvent, urlEvent, type GatewayCall } from './events.js';
import { textOf } from '../text.js';

/** What stage and function addresses are served with. */
export interface GatewaySetup {
  readonly world: World;
  readonly apis: RestApis;
  readonly functions: Functions;
  readonly throttle: Throttle;
  /** @throws AwsError */
  authenticate(request: HttpRequest, service: string): Caller;
  record(operation: string, input: unknown): void;
}

const maxBodyBytes = 10 * 1024 * 1024;
const maxUrlBodyBytes = 6 * 1024 * 1024;
/** Longest that an integration may take by default. @see API Gateway quotas */
const integrationMs = 29_000;

/** Answers calls of stages (`/restapis/API/STAGE/…`) and of function URLs (`/lambda-url/ID/…`); nothing else. */
export async function serveGateway(setup: GatewaySetup, request: HttpRequest): Promise<HttpResponse | undefined> {
  const [path = '', search = ''] = request.url.split('?', 2);
  const [, kind, id = '', ...rest] = path.split('/');
  const query = new URLSearchParams(search);
  if (kind === 'restapis') return await serveStage(setup, request, id, rest, query);
  if (kind === 'lambda-url') return await serveUrl(setup, request, id, `/${rest.join('/')}`, query);
  return undefined;
}

async function serveStage(
  setup: GatewaySetup,
  request: HttpRequest,
  apiId: string,
  [stageName = '', ...parts]: readonly string[],
  query: URLSearchParams,
): Promise<HttpResponse> {
  const { world } = setup;
  const api = setup.apis.all.get(apiId);
  const stage = api?.stages.get(stageName);
  if (api === undefined || stage === undefined) return message(403, 'Forbidden', 'ForbiddenException');
  const steps = parts.filter((part) => part !== '').map((part) => decode(part));
  const route = findRoute(api.deployments.get(stage.deploymentId) ?? [], steps);
  const method = route?.resource.methods.get(request.method) ?? route?.resource.methods.get('ANY');
  if (route === undefined || method === undefined) {
    return message(403, 'Missing Authentication Token', 'MissingAuthenticationTokenException');
  }
  if (request.body.length > maxBodyBytes) return message(413, 'Request Too Long', 'RequestTooLongException');
  if (stage.rateLimit !== undefined && world.faults().throttle === true) {
    const rate = { perSecond: stage.rateLimit, burst: stage.burstLimit ?? stage.rateLimit };
    if (!setup.throttle.admitAt(`stage ${apiId}/${stageName}`, rate, world.nowMs())) {
      return message(429, 'Too Many Requests', 'TooManyRequestsException');
    }
  }
  let caller: Caller | undefined;
  if (method.authorization === 'AWS_IAM') {
    try {
      caller = setup.authenticate(request, 'execute-api');
    } catch (error) {
      return message(403, (error as AwsError).message, (error as AwsError).type);
    }
  }
  const call = callOf(world, request, query, { path: `/${steps.join('/')}`, apiId, stage: stageName, caller });
  setup.record('execute-api:Invoke', { method: request.method, path: call.path, stage: stageName });
  const source = world.arn('execute-api', `${apiId}/${stageName}/${request.method}${call.path}`);
  const one = setup.functions.all.get(method.functionArn.replace(/^arn:.*:function:/u, ''));
  if (one === undefined || !mayInvoke(one, 'apigateway.amazonaws.com', source)) {
    return message(500, 'Internal server error', 'InternalServerErrorException');
  }
  const event = restEvent(call, { resource: `/${route.resource.path.join('/')}`, variables: route.variables });
  const result = await within(integrationMs, invoke(setup, one, event));
  if (result === undefined) return message(504, 'Endpoint request timed out', 'InternalServerErrorException');
  return proxyAnswer(result, call.requestId) ?? message(502, 'Internal server error', 'InternalServerErrorException');
}

async function serveUrl(
  setup: GatewaySetup,
  request: HttpRequest,
  id: string,
  path: string,
  query: URLSearchParams,
): Promise<HttpResponse> {
  const { world } = setup;
  const one = setup.functions.byUrl(id);
  if (one?.url === undefined) return message(404, 'Not Found', 'ResourceNotFoundException');
  if (request.body.length > maxUrlBodyBytes) return message(413, 'Request Too Long', 'RequestTooLongException');
  let caller: Caller | undefined;
  if (one.url.authType === 'AWS_IAM') {
    try {
      caller = setup.authenticate(request, 'lambda');
    } catch (error) {
      return message(403, (error as AwsError).message, 'AccessDeniedException');
    }
  } else if (!isPublic(one)) {
    return message(
      403,
      'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
      'AccessDeniedException',
    );
  }
  const call = callOf(world, request, query, { path, apiId: id, stage: '$default', caller });
  setup.record('lambda:InvokeFunctionUrl', { method: request.method, path });
  const result = await invoke(setup, one, urlEvent(call));
  return urlAnswer(result) ?? message(502, 'Internal Server Error', 'InternalServerErrorException');
}

function callOf(
  world: World,
  request: HttpRequest,
  query: URLSearchParams,
  more: Pick<GatewayCall, 'path' | 'apiId' | 'stage' | 'caller'>,
): GatewayCall {
  return {
    ...more,
    request,
    query,
    requestId: randomUUID(),
    nowMs: world.nowMs(),
    accountId: world.accountId,
    domain: new URL(world.endpoint()).host,
  };
}

async function invoke(setup: GatewaySetup, one: EmulatedFunction, event: unknown): Promise<InvokeResult> {
  try {
    return await setup.functions.invoke(one, event);
  } catch (error) {
    return { payload: JSON.stringify({ errorMessage: (error as Error).message }), failed: true };
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Without binary media types the body goes out as it is, base64 or not. */
function proxyAnswer({ payload, failed }: InvokeResult, requestId: string): HttpResponse | undefined {
  const answer = failed ? undefined : (JSON.parse(payload) as Record<string, unknown> | null);
  if (typeof answer !== 'object' || answer === null || !Number.isInteger(Number(answer['statusCode'])))
    return undefined;
  const body = answer['body'] ?? '';
  if (typeof body !== 'string') return undefined;
  return {
    status: Number(answer['statusCode']),
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      ...joined(answer['multiValueHeaders']),
      ...lowered(answer['headers']),
    },
    body,
  };
}

/** What is no response is itself the body. */
function urlAnswer({ payload, failed }: InvokeResult): HttpResponse | undefined {
  if (failed) return undefined;
  const answer = JSON.parse(payload) as Record<string, unknown> | string | null;
  if (typeof answer !== 'object' || answer === null || answer['statusCode'] === undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  }
  const body = textOf(answer['body'] ?? '');
  const cookies = answer['cookies'] as readonly string[] | undefined;
  return {
    status: Number(answer['statusCode']),
    headers: {
      'content-type': 'application/json',
      ...lowered(answer['headers']),
      ...(cookies === undefined ? {} : { 'set-cookie': cookies.join(', ') }),
    },
    body: answer['isBase64Encoded'] === true ? Buffer.from(body, 'base64') : body,
  };
}

/** The server writes its own length. */
function lowered(headers: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries((headers ?? {}) as Readonly<Record<string, unknown>>)
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding'),
  );
}

function joined(headers: unknown): Readonly<Record<string, string>> {
  return lowered(
    Object.fromEntries(
      Object.entries((headers ?? {}) as Readonly<Record<string, readonly unknown[]>>).map(([name, values]) => [
        name,
        values.join(', '),
      ]),
    ),
  );
}

function message(status: number, text: string, type: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
    body: JSON.stringify({ message: text }),
  };
}
