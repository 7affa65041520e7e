import { HfPushError } from '../errors.js';
import { textOf } from '../text/text-of.js';
import type { Finding } from '../tree/types.js';
import type { LiveReport } from './types.js';

/** How to look at a server. */
export interface LiveOptions {
  /** Sent as a bearer token: apps of private Spaces want one. */
  readonly token?: string;
  /** For each request. Default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default: that of the runtime. */
  readonly fetch?: typeof fetch;
}

interface Answer {
  readonly status: number;
  /** Undefined when the body is no JSON. */
  readonly body: unknown;
}

type Ask = (path: string, body?: object) => Promise<Answer | Error>;

/** No answer that is looked at needs more. */
const maxBytes = 4 << 20;

/**
 * Holds a running server to the six criteria of `openenv validate --url`: version in /openapi.json, /health, /metadata,
 * /schema, JSON-RPC at /mcp, and the endpoints of one mode. That a server cannot be reached is a finding too.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT when the address is none; the signal's reason when it is aborted.
 */
export async function validateLive(url: string, options: LiveOptions = {}): Promise<LiveReport> {
  const base = baseOf(url);
  const ask = createAsk(base, options);
  const [openapi, health, metadata, schema, mcp] = await Promise.all([
    ask('/openapi.json'),
    ask('/health'),
    ask('/metadata'),
    ask('/schema'),
    ask('/mcp', {}),
  ]);
  options.signal?.throwIfAborted();
  const version = textOf(mapOf(bodyOf(openapi)['info'])['version']);
  const endpoints = mapOf(bodyOf(openapi)['paths']);
  const simulation = ['/reset', '/step', '/state'];
  const served = simulation.filter((path) => path in endpoints);
  const mode = modeOf(Object.keys(endpoints).length, served);
  const criteria: readonly (readonly [rule: string, passed: boolean, message: string, answer?: Answer | Error])[] = [
    ['live/openapi', version !== undefined, 'GET /openapi.json names no version.', openapi],
    ['live/health', bodyOf(health)['status'] === 'healthy', 'GET /health does not say healthy.', health],
    [
      'live/metadata',
      ['name', 'description'].every((key) => textOf(bodyOf(metadata)[key]) !== undefined),
      'GET /metadata has no name or no description.',
      metadata,
    ],
    [
      'live/schema',
      ['action', 'observation', 'state'].every((key) => isMap(bodyOf(schema)[key])),
      'GET /schema lacks action, observation or state.',
      schema,
    ],
    ['live/mcp', bodyOf(mcp)['jsonrpc'] === '2.0', 'POST /mcp does not answer in JSON-RPC 2.0.', mcp],
    [
      'live/mode',
      mode === 'production' ? served.length === 0 : served.length === simulation.length,
      mode === 'unknown'
        ? '/openapi.json lists no endpoints.'
        : `Of ${simulation.join(', ')} it serves only ${served.join(', ')}.`,
    ],
  ];
  const findings = criteria
    .filter(([, passed]) => !passed)
    .map(([rule, , message, answer]): Finding => ({
      rule,
      severity: 'error',
      message: `${message}${because(answer)}`,
    }));
  return {
    url: base,
    passed: findings.length === 0,
    mode,
    version,
    criteria: criteria.map(([rule, passed]) => ({ rule, passed })),
    findings,
  };
}

function modeOf(endpoints: number, served: readonly string[]): LiveReport['mode'] {
  if (endpoints === 0) return 'unknown';
  return served.includes('/reset') ? 'simulation' : 'production';
}

function baseOf(url: string): string {
  const text = url.includes('://') ? url : `http://${url}`;
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (!base || !/^https?:$/.test(base.protocol) || base.hostname === '')
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `${JSON.stringify(url)} is no address of a server.`);
  return base.href.replace(/\/+$/, '');
}

function createAsk(base: string, { token, timeoutMs = 5000, signal, fetch: send = fetch }: LiveOptions): Ask {
  return async (path, body) => {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(`${base}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      return { status: response.status, body: parsed(await textWithin(response)) };
    } catch (error) {
      return limit.aborted && !signal?.aborted ? new Error(`no answer within ${timeoutMs} ms`) : (error as Error);
    }
  };
}

async function textWithin(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error('the answer is longer than 4 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer that is none of success says counts for nothing. */
function bodyOf(answer: Answer | Error): Readonly<Record<string, unknown>> {
  return answer instanceof Error || answer.status !== 200 ? {} : mapOf(answer.body);
}

function because(answer: Answer | Error | undefined): string {
  if (answer instanceof Error) {
    const cause = answer.cause instanceof Error ? answer.cause : answer;
    return ` (${cause.message || cause.name})`;
  }
  return answer && answer.status !== 200 ? ` (HTTP ${answer.status})` : '';
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {};
}
