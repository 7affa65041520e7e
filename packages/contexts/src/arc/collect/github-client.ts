import { ContextsError } from '../../errors.js';
import type { Clock } from '../clock.js';
import type { Listed } from '../evidence/github.js';
import { BadShape, members, type Reader } from '../evidence/shape.js';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface GithubClientOptions {
  /** Where the REST API is, without a slash at its end. */
  readonly apiUrl: string;
  /** Without one, GitHub lists no runners. */
  readonly token?: string | undefined;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** One answer may take this long. */
  readonly requestTimeoutMs: number;
  /** Told before a wait. */
  readonly onWait?: (wait: { readonly ms: number; readonly why: string }) => void;
}

/** GitHub's REST API, as much of it as is needed. Every method throws {@link ContextsError} `HAWSER_ARC_GITHUB_FAILED`. */
export interface GithubClient {
  /** One answer, of at most 16 MiB. Asked again, it is only sent when it changed. */
  get<T>(path: string, reader: Reader<T>, options?: GithubCall): Promise<T>;
  /** All items of the member `key` of a list, page by page, but no more than `mostPages` pages. */
  list<T>(
    path: string,
    key: string,
    reader: Reader<T>,
    options?: GithubCall & { readonly mostPages?: number },
  ): Promise<Listed<T>>;
  /** Sends a body; never twice, for nobody knows whether a lost answer was a yes. */
  post(path: string, body: unknown, options?: GithubCall): Promise<void>;
}

export interface GithubCall {
  readonly signal?: AbortSignal | undefined;
  /** Wait for no longer than until then when GitHub asks to come back later, in milliseconds since 1970. */
  readonly untilMs?: number | undefined;
}

/** What a 304 stands for. */
interface Kept {
  readonly etag: string;
  readonly body: unknown;
  readonly next: string | undefined;
}

interface Answer {
  readonly body: unknown;
  readonly next: string | undefined;
}

const apiVersion = '2022-11-28';
const attempts = 4;
const largestAnswerBytes = 16 << 20;
/** Nobody waits an hour for a rate limit within one look; the next look asks again. */
const longestWaitMs = 60_000;
/** Answers that are kept for conditional requests, the oldest go first. */
const mostKept = 500;
const pageSize = 100;

/** Makes a client. Nothing is asked yet. */
export function createGithubClient(options: GithubClientOptions): GithubClient {
  const kept = new Map<string, Kept>();

  async function ask(url: string, call: GithubCall): Promise<Answer> {
    const before = kept.get(url);
    const response = await send(options, 'GET', url, call, before?.etag);
    if (response.status === 304 && before) {
      await response.body?.cancel();
      return before;
    }
    const answer = { body: await readJson(response, url), next: nextPage(response, url) };
    const etag = response.headers.get('etag');
    if (etag !== null) {
      kept.delete(url);
      kept.set(url, { etag, ...answer });
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    }
    return answer;
  }

  return {
    async get(path, reader, call = {}) {
      const url = `${options.apiUrl}${path}`;
      const { body } = await ask(url, call);
      return read(reader, body, url);
    },
    async list(path, key, reader, { mostPages = 100, ...call } = {}) {
      const items: unknown[] = [];
      let url: string | undefined = `${options.apiUrl}${path}${path.includes('?') ? '&' : '?'}per_page=${pageSize}`;
      for (let page = 0; page < mostPages && url !== undefined; page++) {
        const answer: Answer = await ask(url, call);
        const found = read((value, where) => members(value, where)[key], answer.body, url);
        if (!Array.isArray(found)) throw garbage(url, `${key} is no list`);
        for (const item of found) items.push(item);
        url = answer.next;
      }
      const address = `${options.apiUrl}${path}`;
      return {
        items: items.map((item, index) => read((value) => reader(value, `${key}[${index}]`), item, address)),
        complete: url === undefined,
      };
    },
    async post(path, body, call = {}) {
      const response = await send(options, 'POST', `${options.apiUrl}${path}`, call, undefined, JSON.stringify(body));
      await response.body?.cancel();
    },
  };
}

/** One request, again when the answer says that it may help. Answers that are no success are thrown. */
async function send(
  options: GithubClientOptions,
  method: 'GET' | 'POST',
  url: string,
  call: GithubCall,
  etag: string | undefined,
  body?: string,
): Promise<Response> {
  const { clock, fetch, requestTimeoutMs, token, onWait } = options;
  for (let attempt = 1; ; attempt++) {
    const wait = async (ms: number, why: string): Promise<boolean> => {
      const until = call.untilMs ?? Number.POSITIVE_INFINITY;
      if (attempt === attempts || method === 'POST' || ms > longestWaitMs || clock.now() + ms > until) return false;
      onWait?.({ ms, why });
      await clock.sleep(ms, call.signal);
      return true;
    };
    const backOffMs = 500 * 2 ** (attempt - 1);
    let response: Response;
    try {
      const limit = AbortSignal.timeout(requestTimeoutMs);
      response = await fetch(url, {
        method,
        headers: {
          accept: 'application/vnd.github+json',
          'x-github-api-version': apiVersion,
          'user-agent': 'hawser',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(etag === undefined ? {} : { 'if-none-match': etag }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        // A redirect could carry the token elsewhere.
        redirect: 'manual',
        signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit,
      });
    } catch (cause) {
      call.signal?.throwIfAborted();
      if (await wait(backOffMs, 'GitHub did not answer')) continue;
      throw unreachable(url, cause);
    }
    if (response.ok || response.status === 304) return response;
    const pause = pauseOf(response, clock.now()) ?? (response.status >= 500 ? backOffMs : undefined);
    const limited = response.status === 429 || response.headers.get('x-ratelimit-remaining') === '0';
    await response.body?.cancel();
    if (pause !== undefined && (await wait(pause, limited ? 'the rate limit' : `GitHub answered ${response.status}`)))
      continue;
    throw refusal(response, url, token, pause);
  }
}

/** How long to stay away, when the answer says so. */
function pauseOf(response: Response, nowMs: number): number | undefined {
  if (response.status !== 403 && response.status !== 429 && response.status < 500) return undefined;
  const after = response.headers.get('retry-after');
  if (after !== null && /^\d+$/u.test(after)) return Number(after) * 1000;
  const reset = response.headers.get('x-ratelimit-reset');
  if (response.headers.get('x-ratelimit-remaining') === '0' && reset !== null && /^\d+$/u.test(reset))
    return Math.max(0, Number(reset) * 1000 - nowMs);
  // A secondary limit may name no time; GitHub's guide says a minute.
  return response.status === 429 ? longestWaitMs : undefined;
}

/** `rel="next"`, which must lead to the same server: the token goes with it. */
function nextPage(response: Response, url: string): string | undefined {
  const link = response.headers.get('link');
  const next = link === null ? undefined : /<([^<>]+)>\s*;[^,]*\brel="?next"?/u.exec(link)?.[1];
  if (next === undefined) return undefined;
  const target = URL.canParse(next, url) ? new URL(next, url) : undefined;
  if (target?.origin !== new URL(url).origin) throw garbage(url, 'its next page is on another server');
  return target.href;
}

async function readJson(response: Response, url: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > largestAnswerBytes) throw garbage(url, `the answer is larger than ${largestAnswerBytes >> 20} MiB`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ContextsError) throw cause;
    throw unreachable(url, cause);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw garbage(url, 'the answer is not JSON', cause);
  }
}

function read<T>(reader: Reader<T>, body: unknown, url: string): T {
  try {
    return reader(body, '');
  } catch (cause) {
    if (cause instanceof BadShape) throw garbage(url, cause.message.replace(/\.$/u, ''), cause);
    throw cause;
  }
}

function refusal(response: Response, url: string, token: string | undefined, pause: number | undefined): ContextsError {
  const { status } = response;
  const wanted = response.headers.get('x-accepted-github-permissions');
  const place = placeOf(url);
  const limited = status === 429 || response.headers.get('x-ratelimit-remaining') === '0';
  const failed = (message: string, hint?: string): ContextsError =>
    new ContextsError('HAWSER_ARC_GITHUB_FAILED', message, {
      ...(hint === undefined ? {} : { hint }),
      details: { status, path: place, limited, ...(wanted === null ? {} : { permissions: wanted }) },
    });
  if (limited) {
    const seconds = pause === undefined ? undefined : Math.ceil(pause / 1000);
    return failed(
      `GitHub's rate limit is used up${seconds === undefined ? '' : ` for ${seconds} s`}.`,
      'Wait, raise --poll-interval, or use a token nobody else uses.',
    );
  }
  if (status === 401)
    return token === undefined
      ? failed('GitHub wants a token, and there is none.', 'Set GITHUB_TOKEN (or GH_TOKEN), as with gh auth token.')
      : failed('GitHub does not know the token.', 'Renew GITHUB_TOKEN (or GH_TOKEN).');
  if (status === 403 && wanted !== null)
    return failed(`GitHub refused ${place}: it wants ${wanted}.`, `Give the token ${wanted}.`);
  if (status === 404)
    return failed(
      `GitHub has no ${place}, or does not show it to this token.`,
      'Check --owner and --repository, and what the token may see.',
    );
  return failed(`GitHub answered ${status} to ${place}.`);
}

function unreachable(url: string, cause: unknown): ContextsError {
  const why = reasonOf(cause);
  return new ContextsError('HAWSER_ARC_GITHUB_FAILED', `${new URL(url).host} could not be asked: ${why}.`, {
    hint: 'Check the network and --github-url.',
    cause,
  });
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  const { name, message, cause } = thrown as Partial<Error>;
  if (name === 'TimeoutError') return 'it took too long';
  if (!(cause instanceof Error)) return message ?? String(thrown);
  return 'code' in cause ? String(cause.code) : cause.message;
}

function garbage(url: string, why: string, cause?: unknown): ContextsError {
  return new ContextsError('HAWSER_ARC_GITHUB_FAILED', `What answered ${placeOf(url)} is not GitHub: ${why}.`, {
    hint: 'Check --github-url, and whether a proxy stands between.',
    cause,
  });
}

function placeOf(url: string): string {
  return new URL(url).pathname;
}
