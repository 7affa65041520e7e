import { ContextsError } from '../errors.js';
import { encodeQuery, signedHeaders } from './sigv4.js';
import type { AwsCredentials } from './aws-credentials.js';

/** One AssumeRole. */
export interface AssumeRoleInput {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly nowMs: number;
  /** Scheme and host. */
  readonly endpoint: string;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds; kubectl waits for as long as its plugin takes. */
const ANSWER_TIMEOUT_MS = 15_000;

/**
 * Asks STS for the credentials of a role, with a request signed here: the SDK's client takes longer to load than the
 * answer to come.
 *
 * @throws ContextsError `HAWSER_AWS_ACCESS_DENIED` with the statement to ask for, `HAWSER_AWS_CREDENTIALS_EXPIRED`,
 * `HAWSER_AWS_CREDENTIALS_REFUSED` for keys that STS does not know or a clock that is wrong,
 * `HAWSER_AWS_UNREACHABLE`, or `HAWSER_AWS_CALL_FAILED`.
 */
export async function assumeRole(input: AssumeRoleInput): Promise<AwsCredentials> {
  const { roleArn, endpoint, region, nowMs } = input;
  const body = encodeQuery([
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['RoleArn', roleArn],
    ['RoleSessionName', input.sessionName],
    ...(input.externalId === undefined ? [] : [['ExternalId', input.externalId] as const]),
    ...(input.durationSeconds === undefined ? [] : [['DurationSeconds', String(input.durationSeconds)] as const]),
  ]);
  const headers = signedHeaders({
    method: 'POST',
    host: new URL(endpoint).host,
    query: [],
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
    region,
    service: 'sts',
    keys: input.credentials,
    nowMs,
  });
  const { ok, status, text } = await post(input, headers, body);
  if (!ok) throw refusal(roleArn, status, text);
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map((name) => element(text, name));
  if (accessKeyId === undefined || secretAccessKey === undefined || expiration === undefined) {
    throw new ContextsError('HAWSER_AWS_CALL_FAILED', `What answered AssumeRole at ${endpoint} is not STS`);
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) };
}

async function post(
  { endpoint, roleArn, signal, fetch: send = fetch }: AssumeRoleInput,
  headers: Record<string, string>,
  body: string,
): Promise<{ ok: boolean; status: number; text: string }> {
  const late = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const answer = await send(`${endpoint.replace(/\/$/, '')}/`, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    });
    return { ok: answer.ok, status: answer.status, text: await answer.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw new ContextsError('HAWSER_AWS_UNREACHABLE', `STS cannot be reached at ${endpoint} to assume ${roleArn}`, {
      cause: error,
    });
  }
}

function refusal(roleArn: string, status: number, text: string): ContextsError {
  const awsCode = element(text, 'Code') ?? `HTTP ${status}`;
  const message = `STS does not let you assume ${roleArn}: ${element(text, 'Message') ?? awsCode}`;
  const details = { operation: 'AssumeRole', roleArn, awsCode };
  if (awsCode === 'AccessDenied') {
    return new ContextsError('HAWSER_AWS_ACCESS_DENIED', message, {
      hint: `Ask for sts:AssumeRole on ${roleArn}, and for its trust policy to name you.`,
      details: { ...details, action: 'sts:AssumeRole' },
    });
  }
  if (awsCode.startsWith('ExpiredToken'))
    return new ContextsError('HAWSER_AWS_CREDENTIALS_EXPIRED', message, { details });
  if (status >= 500 || /Throttl|^HTTP/.test(awsCode)) {
    return new ContextsError('HAWSER_AWS_CALL_FAILED', message, { details });
  }
  return new ContextsError('HAWSER_AWS_CREDENTIALS_REFUSED', message, { details });
}

/** The text of the first element of a name; the query protocol's answers have no attributes on these. */
function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
