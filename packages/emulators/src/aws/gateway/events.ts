import type { HttpRequest } from '../../http/server.js';
import type { Caller } from '../iam/caller.js';

/** What an event is made of. */
export interface GatewayCall {
  readonly request: HttpRequest;
  /** Path behind the stage, from `/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  readonly nowMs: number;
  readonly accountId: string;
  readonly apiId: string;
  readonly stage: string;
  readonly domain: string;
  /** Who signed it, where that was asked for. */
  readonly caller: Caller | undefined;
}

/**
 * The event of a Lambda proxy integration.
 *
 * @see API Gateway developer guide "Input format of a Lambda function for proxy integration"
 */
export function restEvent(
  call: GatewayCall,
  route: { readonly resource: string; readonly variables: Readonly<Record<string, string>> },
): Readonly<Record<string, unknown>> {
  const { request, query, caller } = call;
  const names = [...new Set(query.keys())];
  return {
    resource: route.resource,
    path: call.path,
    httpMethod: request.method,
    headers: request.headers,
    multiValueHeaders: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: names.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters:
      names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, query.getAll(name)])),
    pathParameters: Object.keys(route.variables).length === 0 ? null : route.variables,
    stageVariables: null,
    requestContext: {
      accountId: call.accountId,
      apiId: call.apiId,
      domainName: call.domain,
      domainPrefix: call.apiId,
      extendedRequestId: call.requestId.slice(0, 16),
      httpMethod: request.method,
      identity: {
        accessKey: null,
        accountId: caller === undefined ? null : call.accountId,
        caller: caller?.userId ?? null,
        sourceIp: '127.0.0.1',
        user: caller?.userId ?? null,
        userAgent: request.headers['user-agent'] ?? null,
        userArn: caller?.arn ?? null,
      },
      path: `/${call.stage}${call.path}`,
      protocol: 'HTTP/1.1',
      requestId: call.requestId,
      requestTimeEpoch: call.nowMs,
      resourcePath: route.resource,
      stage: call.stage,
    },
    body: request.body.length === 0 ? null : request.body.toString('utf8'),
    isBase64Encoded: false,
  };
}

/**
 * The event of a function URL.
 *
 * @see AWS Lambda developer guide "Invoking Lambda function URLs", request payload format 2.0
 */
export function urlEvent(call: GatewayCall): Readonly<Record<string, unknown>> {
  const { request, query, caller } = call;
  const { cookie, ...headers } = request.headers;
  const isText = /^(?:text\/|application\/(?:json|xml|javascript|x-www-form-urlencoded))/u.test(
    headers['content-type'] ?? 'text/plain',
  );
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: call.path,
    rawQueryString: request.url.split('?')[1] ?? '',
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers,
    ...(query.size === 0
      ? {}
      : {
          queryStringParameters: Object.fromEntries(
            [...query.keys()].map((name) => [name, query.getAll(name).join(',')]),
          ),
        }),
    requestContext: {
      accountId: caller === undefined ? 'anonymous' : call.accountId,
      apiId: call.apiId,
      domainName: call.domain,
      domainPrefix: call.apiId,
      http: {
        method: request.method,
        path: call.path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: request.headers['user-agent'] ?? '',
      },
      ...(caller === undefined
        ? {}
        : {
            authorizer: {
              iam: { accountId: call.accountId, userArn: caller.arn, userId: caller.userId, callerId: caller.userId },
            },
          }),
      requestId: call.requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date(call.nowMs).toUTCString(),
      timeEpoch: call.nowMs,
    },
    ...(request.body.length === 0 ? {} : { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}
