import { Readable } from 'node:stream';
import type { OnEvent } from '../events.js';
import { HfPushError } from '../errors.js';
import { PlainAnswer, type Answer, type AnswerHeaders } from './answer.js';
import type { Clock } from './clock.js';
import { failureOf } from './failure.js';
import { plainFetch, type PlainRequest } from './plain-fetch.js';
import { parseRateLimit, retryDelayMs } from './rate-limit.js';
import { readBody } from './read-body.js';
import { BodyError, streamRequest, type StreamBody } from './stream-request.js';

/** One request. */
export interface Call {
  /** Default GET. */
  readonly method?: string;
  /** Below the endpoint, or a whole URL. The token goes to the endpoint only. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly stream?: StreamBody;
  /** Statuses that are answers although they are not 2xx. */
  readonly accept?: readonly number[];
  /** Doing it twice does what doing it once does. Default: yes for all but POST. */
  readonly isIdempotent?: boolean;
  /** Values in the request that no message may repeat, even if the Hub does. */
  readonly secrets?: readonly string[];
  /** For one try. Default: that of the client. */
  readonly timeoutMs?: number;
}

/** What a client of the Hub is made of. */
export interface HttpOptions {
  readonly endpoint: string;
  readonly token?: string | undefined;
  /** Default: Node's client. */
  readonly fetch?: typeof fetch | undefined;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly maxRateWaitMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** When the window of the rate limit is over: one for all who share an account. */
interface Budget {
  openAtMs: number;
}

const RETRIED = [429, 500, 502, 503, 504];
/** The request did not leave this machine, whatever it was. */
const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
const HOPELESS = ['ENOTFOUND', 'ERR_INVALID_URL'];

/** Requests to the Hub with tries, timeouts, one rate budget, and errors that say what happened. */
export class Http {
  readonly #options: HttpOptions;
  readonly #budget: Budget;

  constructor(options: HttpOptions, budget: Budget = { openAtMs: 0 }) {
    this.#options = options;
    this.#budget = budget;
  }

  get endpoint(): string {
    return this.#options.endpoint;
  }

  get token(): string | undefined {
    return this.#options.token;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  get onEvent(): OnEvent | undefined {
    return this.#options.onEvent;
  }

  /** The same client with another signal or another place for events; the rate budget stays shared. */
  with(change: { readonly signal?: AbortSignal | undefined; readonly onEvent?: OnEvent | undefined }): Http {
    const signals = [this.#options.signal, change.signal].filter((signal) => signal !== undefined);
    return new Http(
      {
        ...this.#options,
        signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
        onEvent: change.onEvent ?? this.#options.onEvent,
      },
      this.#budget,
    );
  }

  /** Asks for a JSON object; any other answer is HAWSER_HF_PROTOCOL. */
  async json<Result>(call: Call, tookEffect?: () => Promise<Result | undefined>): Promise<Result> {
    return await this.ask(call, async (response) => (await this.#parse(response, call)) as Result, tookEffect);
  }

  /**
   * Sends a request up to `tries` times: again after 429, 500, 502, 503, 504, a timeout or a broken connection. What is
   * not idempotent is sent again only when it surely was not done: it was refused with 429 or never left, or
   * `tookEffect` looked and answered undefined. What that answers otherwise is the result.
   */
  async ask<Result>(
    call: Call,
    read: (response: Answer) => Promise<Result>,
    tookEffect?: () => Promise<Result | undefined>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      await this.#waitForWindow(call);
      const outcome = await this.#try(call, read);
      if ('result' in outcome) return outcome.result;
      this.#options.signal?.throwIfAborted();
      if (!outcome.mayRetry) throw outcome.error;
      if (!outcome.isUndone && !isIdempotent(call)) {
        if (!tookEffect) throw outcome.error;
        const result = await tookEffect();
        if (result !== undefined) return result;
      }
      if (attempt >= this.#options.tries) throw outcome.error;
      await this.#pause(call, attempt, outcome);
    }
  }

  /** What `fetch` is to libraries: the same tries and errors, statuses that are errors included. */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = typeof input === 'object' && 'url' in input ? input.url : String(input);
    const method = init?.method ?? 'GET';
    const headers = namesLowered(init?.headers);
    const body = init?.body ?? undefined;
    if (body !== undefined && typeof body !== 'string') throw new TypeError(`${method} ${url} has no text for a body`);
    // Ours is added where it belongs; a library would send it wherever the Hub's links lead.
    if (headers['authorization'] === `Bearer ${this.token}`) delete headers['authorization'];
    const call: Call = {
      method,
      path: url.startsWith(this.endpoint) ? url.slice(this.endpoint.length) : url,
      headers,
      ...(body === undefined ? {} : { body }),
      isIdempotent: method !== 'POST' || /\/(preupload|objects\/batch)\b/.test(url),
    };
    const answer = await this.ask(call, async (response) => {
      const bytes = await readBody(response, `${method} ${call.path}`);
      return new PlainAnswer(response.status, url, response.headers, Readable.from(bytes.length > 0 ? [bytes] : []));
    });
    // All of a Response that the official library looks at.
    return answer as unknown as Response;
  };

  /** Opens an answer that is read as it comes. No tries: the reader knows how to go on. */
  async open(path: string, signal: AbortSignal): Promise<Answer> {
    await this.#waitForWindow({ path });
    const both = this.#options.signal ? AbortSignal.any([this.#options.signal, signal]) : signal;
    const response = await this.#fetch(this.#url(path), {
      headers: { ...this.#headers({ path }), accept: 'text/event-stream' },
      signal: both,
    });
    this.#note(response.headers);
    if (response.ok) return response;
    if (response.status === 429) this.#close(retryDelayMs(response.headers, 1, this.clock.now()));
    throw await this.#failure(response, { path });
  }

  async #try<Result>(call: Call, read: (response: Answer) => Promise<Result>): Promise<Outcome<Result>> {
    const timeoutMs = call.timeoutMs ?? this.#options.timeoutMs;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      const response = await this.#send(call, timeout.signal);
      this.#note(response.headers);
      if (response.ok || call.accept?.includes(response.status)) return { result: await read(response) };
      return {
        error: await this.#failure(response, call),
        mayRetry: RETRIED.includes(response.status),
        isUndone: response.status === 429,
        headers: response.headers,
        reason: `status ${response.status}`,
      };
    } catch (error) {
      if (error instanceof BodyError) throw error.cause;
      if (error instanceof HfPushError || this.#options.signal?.aborted) throw this.#options.signal?.reason ?? error;
      const why = timeout.signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
      const codes = codesOf(error);
      return {
        error: new HfPushError('HAWSER_HF_ENDPOINT_UNREACHABLE', `${this.endpoint} cannot be reached: ${why}`, {
          cause: error,
          details: { endpoint: this.endpoint, path: call.path },
        }),
        mayRetry: !codes.some((code) => HOPELESS.includes(code) || /CERT|SIGNATURE|SSL|TLS/.test(code)),
        isUndone: codes.some((code) => UNSENT.includes(code)),
        reason: why,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(call: Call, timeout: AbortSignal): Promise<Answer> {
    const signal = this.#options.signal ? AbortSignal.any([this.#options.signal, timeout]) : timeout;
    const url = this.#url(call.path);
    const method = call.method ?? 'GET';
    const headers = this.#headers(call);
    if (call.stream) return await streamRequest(url, { method, headers, body: call.stream, signal });
    const body = call.json === undefined ? call.body : JSON.stringify(call.json);
    return await this.#fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
  }

  async #fetch(url: URL, request: PlainRequest): Promise<Answer> {
    return await (this.#options.fetch ? this.#options.fetch(url, request) : plainFetch(url, request));
  }

  #headers({ path, json, headers }: Call): Record<string, string> {
    const isHub = this.#url(path).origin === new URL(this.endpoint).origin;
    return {
      'user-agent': 'hawser-hf-push',
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(isHub && this.#options.token ? { authorization: `Bearer ${sendable(this.#options.token)}` } : {}),
      // Two spellings of one name would both be sent.
      ...namesLowered(headers),
    };
  }

  #url(path: string): URL {
    return new URL(/^https?:/.test(path) ? path : `${this.endpoint}${path}`);
  }

  async #parse(response: Answer, call: Call): Promise<unknown> {
    const what = `${call.method ?? 'GET'} ${call.path}`;
    const text = (await readBody(response, what)).toString();
    const details = { status: response.status, requestId: response.headers.get('x-request-id') ?? undefined };
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch (cause) {
      throw new HfPushError('HAWSER_HF_PROTOCOL', `The answer to ${what} is not JSON`, { cause, details });
    }
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
    throw new HfPushError('HAWSER_HF_PROTOCOL', `The answer to ${what} is no JSON object`, { details });
  }

  async #failure(response: Answer, call: Call): Promise<HfPushError> {
    const { method = 'GET', path, secrets = [] } = call;
    const { token } = this.#options;
    return failureOf({
      method,
      path,
      status: response.status,
      headers: response.headers,
      text: (await readBody(response, `${method} ${path}`)).toString(),
      hasToken: token !== undefined,
      hidden: token === undefined ? secrets : [token, ...secrets],
    });
  }

  /** Takes note of a window that is used up. */
  #note(headers: AnswerHeaders): void {
    const limit = parseRateLimit(headers.get('ratelimit'));
    if (limit?.remaining === 0) this.#close(limit.resetMs + 1000);
  }

  /** No request leaves before so many milliseconds are over. */
  #close(forMs: number): void {
    this.#budget.openAtMs = Math.max(this.#budget.openAtMs, this.clock.now() + forMs);
  }

  async #waitForWindow(call: Call): Promise<void> {
    for (;;) {
      const waitMs = this.#budget.openAtMs - this.clock.now();
      if (waitMs <= 0) return;
      if (waitMs > this.#options.maxRateWaitMs) throw tooLong(waitMs);
      this.#tell(call, 0, waitMs, 'the rate limit is used up');
      await this.clock.sleep(waitMs, this.#options.signal);
    }
  }

  async #pause(call: Call, attempt: number, failure: Failure): Promise<void> {
    const waitMs = retryDelayMs(failure.headers, attempt, this.clock.now());
    if (waitMs > this.#options.maxRateWaitMs) throw tooLong(waitMs, failure.error);
    this.#tell(call, attempt, waitMs, failure.reason);
    await this.clock.sleep(waitMs, this.#options.signal);
  }

  #tell(call: Call, attempt: number, waitMs: number, reason: string): void {
    this.onEvent?.({ type: 'retry', method: call.method ?? 'GET', path: call.path, attempt, waitMs, reason });
  }
}

interface Failure {
  readonly error: HfPushError;
  readonly mayRetry: boolean;
  /** It was surely not done. */
  readonly isUndone: boolean;
  readonly headers?: AnswerHeaders;
  readonly reason: string;
}

type Outcome<Result> = { readonly result: Result } | Failure;

/**
 * A token that can stand in a header: what `fetch` says of any other would show it.
 *
 * @throws HfPushError HAWSER_HF_TOKEN_INVALID.
 */
export function sendable(token: string): string {
  if (/^hf_[\x21-\x7e]+$/.test(token)) return token;
  throw new HfPushError(
    'HAWSER_HF_TOKEN_INVALID',
    'The token is none of the Hub: they begin with hf_, and have no spaces or signs that are not ASCII',
  );
}

function namesLowered(headers: RequestInit['headers']): Record<string, string> {
  const entries = headers === undefined ? [] : Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function isIdempotent({ method = 'GET', isIdempotent: given }: Call): boolean {
  return given ?? method !== 'POST';
}

function tooLong(waitMs: number, cause?: HfPushError): HfPushError {
  const seconds = Math.ceil(waitMs / 1000);
  return new HfPushError('HAWSER_HF_RATE_LIMITED', `The Hub takes no more requests from you for another ${seconds} s`, {
    cause,
    details: { ...cause?.details, waitMs },
  });
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  return cause instanceof Error ? cause.message || codesOf(cause).join(', ') : String(cause);
}

/** System codes of an error and of what it came from (an AggregateError carries several). */
function codesOf(error: unknown): string[] {
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  return [
    ...(typeof code === 'string' ? [code] : []),
    ...(cause ? codesOf(cause) : []),
    ...(Array.isArray(errors) ? errors.flatMap(codesOf) : []),
  ];
}
