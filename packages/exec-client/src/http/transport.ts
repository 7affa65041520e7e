import { apiRoutes, type ApiRoute } from '../contract/index.js';
import { ExecError } from '../errors.js';
import { certificateHint, failureOf, garbled, unreachable, type Failure } from './failures.js';
import { createBackoff, type RetryOptions } from './retry.js';

/** Where the service is, and how it is spoken to. */
export interface TransportOptions {
  /** e.g. `https://abc123.execute-api.us-east-1.amazonaws.com/prod`. Plain http is for this machine only: the key would be read on the way. */
  readonly endpoint: string;
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string | undefined;
  /** The global fetch unless given; a backend's `handle` for one that runs in this process. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** What messages call the service. Default: its host. */
  readonly backendName?: string | undefined;
  readonly retry?: RetryOptions | undefined;
  /** How long an answer may take beyond what was asked to be waited for, in milliseconds. Default 30,000. */
  readonly answerWithinMs?: number | undefined;
  /** Hears of each answer that failed and is about to be asked for again. */
  readonly onRetry?: ((error: ExecError) => void) | undefined;
}

/** One question. */
export interface Call<T> {
  readonly route: ApiRoute;
  /** What stands for `{id}` in the route's path. */
  readonly id?: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Asking twice does no harm: answers that got lost are asked for again. */
  readonly isIdempotent: boolean;
  /** How long the service was asked to hold its answer. */
  readonly waitMs?: number;
  /** Whether an answer is of the kind that was asked for. */
  readonly accept: (answer: unknown) => answer is T;
  readonly signal?: AbortSignal | undefined;
  /** How long to go on trying; what the client was given when missing. */
  readonly retry?: RetryOptions | undefined;
}

/** Asks, and tries again where that is right. */
export interface Transport {
  /**
   * @throws ExecError what the service answered, HAWSER_EXEC_UNREACHABLE, HAWSER_EXEC_PROTOCOL
   * @throws the signal's reason
   */
  readonly ask: <T>(call: Call<T>) => Promise<T>;
}

const defaults: Required<RetryOptions> = { firstMs: 200, longestMs: 5000, giveUpAfterMs: 20_000 };

/** Speaks to one service. */
export function createTransport(options: TransportOptions): Transport {
  const { fetch = globalThis.fetch, answerWithinMs = 30_000, apiKey } = options;
  const base = baseOf(options.endpoint);
  const where = options.backendName ?? base.host;
  const headers = { accept: 'application/json', ...(apiKey !== undefined && { 'x-api-key': keyOf(apiKey) }) };

  return {
    async ask(call) {
      const backoff = createBackoff({ ...defaults, ...options.retry, ...call.retry });
      for (;;) {
        const outcome = await once(call);
        if ('answer' in outcome) return outcome.answer;
        const { error, isRetryable, isUntouched, retryAfterMs } = outcome;
        const mayRepeat = isRetryable && (call.isIdempotent || isUntouched);
        if (mayRepeat) options.onRetry?.(error);
        if (!mayRepeat || !(await backoff.pause({ atLeastMs: retryAfterMs, signal: call.signal }))) throw error;
      }
    },
  };

  async function once<T>(call: Call<T>): Promise<{ readonly answer: T } | Failure> {
    call.signal?.throwIfAborted();
    const lost = (error: ExecError): Failure => ({ error, isRetryable: true, isUntouched: false });
    let response: Response;
    let text: string;
    try {
      response = await fetch(requestOf(call));
      text = await response.text();
    } catch (cause) {
      call.signal?.throwIfAborted();
      return { ...lost(unreachable(where, cause)), isRetryable: certificateHint(cause) === undefined };
    }
    if (!response.ok) return failureOf(response, text, where);
    const answer = parse(text);
    if (call.accept(answer)) return { answer };
    return lost(garbled(where, `what is no answer to ${apiRoutes[call.route].join(' ')}`));
  }

  function requestOf(call: Call<unknown>): Request {
    const [method, path] = apiRoutes[call.route];
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/$/, '')}${path.replace('{id}', encodeURIComponent(call.id ?? ''))}`;
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const deadline = AbortSignal.timeout(answerWithinMs + (call.waitMs ?? 0));
    return new Request(url, {
      method,
      headers: { ...headers, ...(call.body !== undefined && { 'content-type': 'application/json' }) },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      // Fetch would carry the key to wherever an answer points.
      redirect: 'manual',
      signal: call.signal ? AbortSignal.any([call.signal, deadline]) : deadline,
    });
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function baseOf(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ExecError('HAWSER_EXEC_BAD_INPUT', `${endpoint} is no address of an execution service.`, {
      hint: 'Give a URL that begins with https://.',
    });
  }
  if (url.protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new ExecError('HAWSER_EXEC_BAD_INPUT', `${url.host} would be spoken to without encryption.`, {
      hint: 'Give a URL that begins with https://: the key could be read on the way.',
    });
  }
  return url;
}

function keyOf(apiKey: string): string {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  throw new ExecError(
    'HAWSER_EXEC_BAD_INPUT',
    'The API key contains what no API key contains: a space or a line end.',
    {
      hint: 'Copy the key again; it begins with sk_live_.',
    },
  );
}
