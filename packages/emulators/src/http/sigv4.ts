import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { decode } from './decode.js';
import type { HttpRequest } from './server.js';

/** A key pair the emulator knows. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a signature is held against. */
export interface SigningRules {
  readonly credentials: Credentials;
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
  readonly clockSkewMs: number;
}

/** The AWS error a bad signature is answered with. */
export interface SigningFault {
  readonly type: string;
  readonly message: string;
}

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** Whether a request carries a Signature Version 4 `Authorization` header at all. */
export function isSigned(request: HttpRequest): boolean {
  return request.headers['authorization'] !== undefined;
}

/**
 * Verifies the `Authorization` header of a request; `undefined` means that it is right.
 *
 * Written from the public description of the scheme ("Authenticating Requests: AWS Signature Version 4"), headers form
 * only. The order of the checks and their error types are those of the JSON services.
 */
export function verifySignature(request: HttpRequest, rules: SigningRules): SigningFault | undefined {
  const header = request.headers['authorization'];
  if (header === undefined) {
    return { type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' };
  }
  const parsed = parseAuthorization(header);
  if (typeof parsed === 'string') return { type: 'IncompleteSignatureException', message: parsed };
  const timestamp = request.headers['x-amz-date'];
  const signedAtMs = timestamp === undefined ? undefined : parseTimestamp(timestamp);
  if (timestamp === undefined || signedAtMs === undefined || !parsed.signedHeaders.includes('host')) {
    return {
      type: 'IncompleteSignatureException',
      message: "Authorization header requires a valid 'X-Amz-Date' header and a signed 'Host' header.",
    };
  }
  if (
    parsed.accessKeyId !== rules.credentials.accessKeyId ||
    request.headers['x-amz-security-token'] !== rules.credentials.sessionToken
  ) {
    return {
      type: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    };
  }
  return (
    scopeFault(parsed, timestamp, rules) ??
    skewFault(timestamp, signedAtMs, rules) ??
    signatureFault(request, parsed, timestamp, rules)
  );
}

function parseAuthorization(header: string): Authorization | string {
  if (!header.startsWith(`${algorithm} `)) return `Unsupported authorization type, expected '${algorithm}'.`;
  const parts = new Map<string, string>();
  for (const part of header.slice(algorithm.length + 1).split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) parts.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const missing = ['Credential', 'SignedHeaders', 'Signature'].filter((name) => !parts.get(name));
  if (missing.length > 0) {
    return missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ');
  }
  const [accessKeyId, date, region, service, terminator, ...rest] = parts.get('Credential')!.split('/');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request' || rest.length > 0) {
    return 'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.';
  }
  const signedHeaders = parts.get('SignedHeaders')!.split(';');
  return { accessKeyId, date, region, service, signedHeaders, signature: parts.get('Signature')! };
}

function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function formatTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
}

function scopeFault(parsed: Authorization, timestamp: string, rules: SigningRules): SigningFault | undefined {
  if (parsed.region !== rules.region) {
    return invalidSignature(`Credential should be scoped to a valid region, not '${parsed.region}'. `);
  }
  if (parsed.service !== rules.service) {
    return invalidSignature(`Credential should be scoped to correct service: '${rules.service}'. `);
  }
  if (parsed.date !== timestamp.slice(0, 8)) {
    return invalidSignature(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.`,
    );
  }
  return undefined;
}

function skewFault(timestamp: string, signedAtMs: number, rules: SigningRules): SigningFault | undefined {
  const now = formatTimestamp(rules.nowMs);
  const minutes = `${rules.clockSkewMs / 60_000} min.`;
  const earliest = rules.nowMs - rules.clockSkewMs;
  const latest = rules.nowMs + rules.clockSkewMs;
  if (signedAtMs < earliest) {
    const message = `Signature expired: ${timestamp} is now earlier than ${formatTimestamp(earliest)} (${now} - ${minutes})`;
    return invalidSignature(message);
  }
  if (signedAtMs > latest) {
    const message = `Signature not yet current: ${timestamp} is still later than ${formatTimestamp(latest)} (${now} + ${minutes})`;
    return invalidSignature(message);
  }
  return undefined;
}

function signatureFault(
  request: HttpRequest,
  parsed: Authorization,
  timestamp: string,
  rules: SigningRules,
): SigningFault | undefined {
  const scope = `${parsed.date}/${parsed.region}/${parsed.service}/aws4_request`;
  const canonical = canonicalRequest(request, parsed.signedHeaders);
  const text = [algorithm, timestamp, scope, sha256Hex(canonical)].join('\n');
  const dateKey = hmac(`AWS4${rules.credentials.secretAccessKey}`, parsed.date);
  const key = hmac(hmac(hmac(dateKey, parsed.region), parsed.service), 'aws4_request');
  const expected = hmac(key, text).toString('hex');
  if (
    expected.length === parsed.signature.length &&
    timingSafeEqual(Buffer.from(expected), Buffer.from(parsed.signature))
  ) {
    return undefined;
  }
  return invalidSignature(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
      'Key and signing method. Consult the service documentation for details.',
  );
}

function invalidSignature(message: string): SigningFault {
  return { type: 'InvalidSignatureException', message };
}

function canonicalRequest(request: HttpRequest, signedHeaders: readonly string[]): string {
  const question = request.url.indexOf('?');
  const path = question < 0 ? request.url : request.url.slice(0, question);
  const query = question < 0 ? '' : request.url.slice(question + 1);
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/ {2,}/gu, ' ')}\n`,
  );
  return [
    request.method,
    // Every service but S3 encodes the path once more than the wire does.
    path.split('/').map(encode).join('/') || '/',
    canonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    sha256Hex(request.body),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      const value = equals < 0 ? '' : pair.slice(equals + 1);
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .toSorted(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256Hex(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
