import { SessionsError } from '../errors.js';
import { addressBelow } from './addresses.js';
import { garbled, refusal, unreachable } from './answers.js';
import { pause } from './pause.js';

/** Where the service is, and how it is spoken to. */
export interface SessionsClientOptions {
  /** Such as `https://sessions.example.com`. */
  readonly url: string;
  /** Sent as a bearer. Over plain http anybody on the way can read it. */
  readonly apiKey: string;
  /** Default: the global fetch; a controller's `handle` for one in this process. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Milliseconds for which a question that can be repeated is asked again. Default 20,000. */
  readonly retryForMs?: number | undefined;
}

/** What can be said beside a question. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** One question. */
export interface Call extends CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Asking twice does no harm. Default: every method but POST. */
  readonly mayRepeat?: boolean;
}

/** Asks, and asks again where that is right. */
export interface Transport {
  readonly where: string;
  /** An answer that is a success; its body is still to be read. */
  readonly ask: (call: Call) => Promise<Response>;
  /** The JSON object of an answer. */
  readonly object: <T>(call: Call) => Promise<T>;
}

const firstPauseMs = 200;
const longestPauseMs = 5000;
/** Statuses of a service that may be better in a moment. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Speaks to one service. */
export function createTransport(options: SessionsClientOptions): Transport {
  const { fetch = globalThis.fetch, retryForMs = 20_000 } = options;
  const base = addressBelow(options.url, '/');
  if (!/^[\x21-\x7e]+$/u.test(options.apiKey)) {
    throw new SessionsError(
      'HAWSER_SESSIONS_BAD_INPUT',
      'The API key contains what no API key contains: a space or a line end.',
      { hint: 'Copy the key again, without what stands around it.' },
    );
  }
  const where = base.host;

  async function ask(call: Call): Promise<Response> {
    const { method = 'GET', signal } = call;
    const mayRepeat = call.mayRepeat ?? method !== 'POST';
    const giveUpAtMs = Date.now() + retryForMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const outcome = await once(call);
      if (outcome instanceof Response) return outcome;
      // A service that counted and refused has done nothing: that may be asked again whatever it was.
      const { retry_after: retryAfter, status } = outcome.details ?? {};
      const waitMs = typeof retryAfter === 'string' && /^\d+$/u.test(retryAfter) ? Number(retryAfter) * 1000 : pauseMs;
      const isPassing = status === undefined || passing.has(Number(status));
      if (!isPassing || !(mayRepeat || status === 429) || Date.now() + waitMs > giveUpAtMs) throw outcome;
      await pause(waitMs * (0.75 + Math.random() / 4), signal);
    }
  }

  async function once(call: Call): Promise<Response | SessionsError> {
    const { signal } = call;
    signal?.throwIfAborted();
    try {
      const response = await fetch(requestOf(call));
      return response.ok ? response : await refusal(response, where);
    } catch (cause) {
      signal?.throwIfAborted();
      return unreachable(where, cause);
    }
  }

  function requestOf({ method = 'GET', path, query = {}, json, body, headers, signal }: Call): Request {
    const url = addressBelow(base.href, path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const content = json === undefined ? body : JSON.stringify(json);
    return new Request(url, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${options.apiKey}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content !== undefined && { body: content }),
      // Fetch would carry the key to wherever an answer points.
      redirect: 'error',
      ...(signal && { signal }),
    });
  }

  return {
    where,
    ask,
    async object<T>(call: Call): Promise<T> {
      const response = await ask(call);
      const answer: unknown = await response.json().catch(() => {
        call.signal?.throwIfAborted();
        return undefined;
      });
      if (typeof answer !== 'object' || answer === null) throw garbled(where);
      return answer as T;
    },
  };
}
