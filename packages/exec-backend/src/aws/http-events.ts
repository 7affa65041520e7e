import { callerArnHeader } from './authenticator.js';
import { paths } from './names.js';

/**
 * What Lambda is given for a request, as far as it is read: by a REST API with proxy integration (payload format 1.0) or
 * by a function URL (2.0).
 *
 * @see API Gateway developer guide, "Input format of a Lambda function for proxy integration"; Lambda developer guide,
 * "Request payload format"
 */
export interface HttpEvent {
  readonly version?: string;
  readonly httpMethod?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly rawPath?: string;
  readonly rawQueryString?: string;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly domainName?: string;
    readonly requestId?: string;
    readonly http?: { readonly method: string };
    readonly identity?: { readonly userArn?: string | null };
    readonly authorizer?: { readonly iam?: { readonly userArn?: string | null } } | null;
  };
}

/** What both take as an answer. */
export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

/** Whether an event is a request. */
export function isHttpEvent(event: object): event is HttpEvent {
  return 'requestContext' in event;
}

/** The request in an event, as the router knows it: the prefixes that only API Gateway needs are taken off its path. */
export function requestOf(event: HttpEvent): Request {
  const { requestContext: context } = event;
  const method = event.httpMethod ?? context.http?.method ?? 'GET';
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers ?? {})) if (value !== undefined) headers.set(name, value);
  for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) {
    if (values && values.length > 1) headers.set(name, values.join(', '));
  }
  const arn = context.identity?.userArn ?? context.authorizer?.iam?.userArn;
  headers.delete(callerArnHeader);
  if (arn) headers.set(callerArnHeader, arn);
  if (context.requestId && !headers.has('x-request-id')) headers.set('x-request-id', context.requestId);
  const url = `https://${context.domainName ?? 'service.invalid'}${pathOf(event)}${queryOf(event)}`;
  const hasBody = event.body !== undefined && event.body !== null && method !== 'GET' && method !== 'HEAD';
  if (!hasBody) return new Request(url, { method, headers });
  headers.delete('content-length');
  const body = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64') : event.body;
  return new Request(url, { method, headers, body: body ?? '' });
}

/** A response as an answer to an event. Everything that the service says is JSON text. */
export async function resultOf(response: Response): Promise<HttpResult> {
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    isBase64Encoded: false,
  };
}

function pathOf({ path, rawPath }: HttpEvent): string {
  const whole = path ?? rawPath ?? '/';
  const prefix = [paths.task, paths.iam].find((one) => whole.startsWith(`${one}/`));
  return prefix === undefined ? whole : whole.slice(prefix.length);
}

/** REST APIs decode what stands in the query, function URLs do not. */
function queryOf({ rawQueryString, multiValueQueryStringParameters }: HttpEvent): string {
  if (rawQueryString) return `?${rawQueryString}`;
  const pairs = Object.entries(multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
    (values ?? []).map((value) => [name, value] as [string, string]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
