import { createHash, createHmac } from 'node:crypto';

/** Keys that sign; nothing else of what a credential chain finds. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** One request to sign with Signature Version 4. */
export interface SigningInput {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  /** Decoded names and values, without those the signature adds. */
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case names; `host` is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  readonly keys: SigningKeys;
  readonly nowMs: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The query of a presigned request, signature included, in the order the AWS CLI writes it. The session token is among
 * the signed parameters.
 *
 * @see AWS Signature Version 4, "Authenticating requests: using query parameters".
 */
export function presignedQuery(input: SigningInput, expiresSeconds: number): string {
  const { names, scope, date } = prepare(input);
  const { accessKeyId, sessionToken } = input.keys;
  const query: readonly (readonly [string, string])[] = [
    ...input.query,
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', `${accessKeyId}/${scope}`],
    ['X-Amz-Date', date],
    ['X-Amz-Expires', String(expiresSeconds)],
    ['X-Amz-SignedHeaders', names],
    ...(sessionToken === undefined ? [] : [['X-Amz-Security-Token', sessionToken] as const]),
  ];
  return `${encodeQuery(query)}&X-Amz-Signature=${sign(input, query)}`;
}

/**
 * The headers that sign a request, `authorization` among them.
 *
 * @see AWS Signature Version 4, "Authenticating requests: using the Authorization header".
 */
export function signedHeaders(input: SigningInput): Record<string, string> {
  const { sessionToken } = input.keys;
  const { date } = prepare(input);
  const headers: Record<string, string> = { ...input.headers, 'x-amz-date': date };
  if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;
  const complete = { ...input, headers };
  const { names, scope } = prepare(complete);
  const credential = `Credential=${input.keys.accessKeyId}/${scope}`;
  const signature = `Signature=${sign(complete, input.query)}`;
  return { ...headers, authorization: `${ALGORITHM} ${credential}, SignedHeaders=${names}, ${signature}` };
}

/** Percent-encodes as Signature Version 4 asks: all but unreserved characters, in capitals. */
export function encodeQuery(query: readonly (readonly [string, string])[]): string {
  return query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function prepare({ headers, nowMs, region, service }: SigningInput): { names: string; scope: string; date: string } {
  const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return {
    names: ['host', ...Object.keys(headers)].toSorted().join(';'),
    scope: `${date.slice(0, 8)}/${region}/${service}/aws4_request`,
    date,
  };
}

function sign(input: SigningInput, query: readonly (readonly [string, string])[]): string {
  const { names, scope, date } = prepare(input);
  const headers: Readonly<Record<string, string>> = { ...input.headers, host: input.host };
  const canonical = [
    input.method,
    '/',
    query
      .map((pair) => encodeQuery([pair]))
      .toSorted()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${headers[name]!.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    sha256(input.body),
  ].join('\n');
  const key = [scope.slice(0, 8), input.region, input.service, 'aws4_request'].reduce<string | Buffer>(
    (secret, text) => hmac(secret, text).digest(),
    `AWS4${input.keys.secretAccessKey}`,
  );
  return hmac(key, [ALGORITHM, date, scope, sha256(canonical)].join('\n')).digest('hex');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): ReturnType<typeof createHmac> {
  return createHmac('sha256', key).update(text);
}
