import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createFaults } from '../http/faults.js';
import { createListener } from '../http/listener.js';
import { createRequestLog } from '../http/request-log.js';
import { answerTo, type GithubAnswer } from './routes.js';
import { createGithubState } from './state.js';
import type { GithubEmulator, GithubEmulatorOptions, GithubFault, GithubRequest } from './types.js';

const host = '127.0.0.1';
const prefix = '/api/v3';
const largestBodyBytes = 1 << 20;

/**
 * Starts a GitHub server on this machine, on loopback only: lists of runners, runs and jobs in pages with `Link`, weak
 * ETags and 304, rate limits, and dispatches of workflows.
 *
 * @throws {@link EmulatorError} `HAWSER_EMULATOR_LISTEN`
 */
export async function startGithubEmulator(options: GithubEmulatorOptions = {}): Promise<GithubEmulator> {
  const token = options.token ?? 'ghp_emulated00000000000000000000000000000';
  const authorize = options.authorize ?? (() => true);
  const state = createGithubState(options.workflows ?? {});
  const faults = createFaults<GithubFault['does']>();
  const limit = createLimit(options.rateLimit);
  const log = createRequestLog<GithubRequest>('The server');

  async function serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = raw.method ?? 'GET';
    const target = (raw.url ?? '/').replace(new RegExp(`^${prefix}(?=/|$)`, 'u'), '');
    const fault = faults.next(method, target);
    if (fault?.kind === 'stall') return log.record({ method, path: target, status: 0 });
    if (fault?.kind === 'drop') {
      raw.socket.destroy();
      return log.record({ method, path: target, status: 0 });
    }
    const body = await readBody(raw);
    const answer = fault
      ? { ...fault, headers: fault.headers ?? {}, body: fault.body ?? '' }
      : work(method, target, raw, body);
    response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body), ...answer.headers });
    response.end(answer.body);
    log.record({ method, path: target, status: answer.status });
  }

  function work(method: string, target: string, raw: IncomingMessage, body: string): Sent {
    const { pathname: path, searchParams: query } = new URL(target, 'http://github');
    const sent = raw.headers.authorization;
    if (sent !== undefined && sent !== `Bearer ${token}` && sent !== `token ${token}`)
      return asSent({ status: 401, json: { message: 'Bad credentials' } });
    if (sent === undefined) return asSent({ status: 401, json: { message: 'Requires authentication' } });
    if (limit.isUsedUp())
      return asSent({ status: 403, json: { message: 'API rate limit exceeded.' } }, limit.headers());
    const { answer, headers } = answerTo(state, { method, path, query, body: parse(body) }, authorize);
    const made = 'list' in answer ? pageOf(answer, path, query, `${endpoint}${prefix}`) : asSent(answer, headers);
    const etag = made.status === 200 ? `W/"${createHash('sha256').update(made.body).digest('hex')}"` : undefined;
    if (etag !== undefined && raw.headers['if-none-match'] === etag)
      return { status: 304, headers: { etag, ...limit.headers() }, body: '' };
    limit.take();
    return { ...made, headers: { ...made.headers, ...(etag === undefined ? {} : { etag }), ...limit.headers() } };
  }

  const listener = createListener({
    host,
    port: options.port ?? 0,
    serve: (raw, response) => {
      // A client may be gone before everything is said to it.
      response.on('error', () => undefined);
      serve(raw, response).catch(() => raw.destroy());
    },
  });
  await listener.start();
  const endpoint = `http://${host}:${listener.port}`;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= listener.stop().then(() => log.close());
    return closed;
  };
  return {
    url: endpoint,
    token,
    env: { GITHUB_TOKEN: token, GITHUB_SERVER_URL: endpoint, GITHUB_API_URL: `${endpoint}${prefix}` },
    setRunners: (scope, runners) => void state.runners.set(scope.toLowerCase(), runners),
    setRuns: (repository, all) => state.setRuns(repository, all),
    runs: (repository) => state.runsOf(repository),
    fail: (fault) => faults.add(fault),
    requests: log.requests,
    requested: (match) => log.requested(match),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function asSent(
  { status, json }: { readonly status: number; readonly json?: unknown },
  headers: Readonly<Record<string, string>> = {},
): Sent {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: json === undefined ? '' : JSON.stringify(json),
  };
}

/** A page of a list; `Link` as in GitHub's "Using pagination in the REST API". */
function pageOf(
  { list, key }: Extract<GithubAnswer, { list: unknown }>,
  path: string,
  query: URLSearchParams,
  base: string,
): Sent {
  const size = Math.min(100, Math.max(1, Number(query.get('per_page') ?? '30') || 30));
  const page = Math.max(1, Number(query.get('page') ?? '1') || 1);
  const last = Math.max(1, Math.ceil(list.length / size));
  const link = (to: number, rel: string): string => {
    const changed = new URLSearchParams(query);
    changed.set('page', String(to));
    return `<${base}${path}?${changed.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  const json = { total_count: list.length, [key]: list.slice((page - 1) * size, page * size) };
  return asSent({ status: 200, json }, links.length === 0 ? {} : { link: links.join(', ') });
}

/** Requests in fixed windows, told in `X-RateLimit-*`. */
function createLimit(limit: GithubEmulatorOptions['rateLimit']): {
  isUsedUp(): boolean;
  take(): void;
  headers(): Readonly<Record<string, string>>;
} {
  let [used, endsMs] = [0, 0];
  const turn = (): void => {
    if (limit && Date.now() >= endsMs) [used, endsMs] = [0, Date.now() + limit.windowSeconds * 1000];
  };
  return {
    isUsedUp: () => {
      turn();
      return limit !== undefined && used >= limit.requests;
    },
    take: () => {
      turn();
      used += 1;
    },
    headers: () =>
      limit
        ? {
            'x-ratelimit-limit': String(limit.requests),
            'x-ratelimit-remaining': String(Math.max(0, limit.requests - used)),
            'x-ratelimit-reset': String(Math.ceil(endsMs / 1000)),
            'x-ratelimit-used': String(used),
          }
        : {},
  };
}

async function readBody(raw: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of raw.setEncoding('utf8') as AsyncIterable<string>)
    if (body.length < largestBodyBytes) body += chunk;
  return body;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
