import { SessionsError } from '../errors.js';
import {
  isOver,
  type CreatedSession,
  type CreateSessionRequest,
  type SessionEvent,
  type SessionState,
  type SessionView,
  type ShareAnswer,
  type TerminalSize,
  type ViewerRole,
} from '../protocol/index.js';
import { readEvents, type EventsOptions } from './events.js';
import { pause } from './pause.js';
import { randomName } from './random-name.js';
import { createTransport, type CallOptions, type SessionsClientOptions } from './transport.js';

/** Which sessions, the newest first. */
export interface ListOptions extends CallOptions {
  readonly states?: readonly SessionState[] | undefined;
  /** `name=value`. */
  readonly label?: string | undefined;
  /** How many at most; all when missing. */
  readonly limit?: number | undefined;
}

/** A page of sessions, as the API gives it. */
export interface SessionPage {
  readonly sessions: readonly SessionView[];
  /** Where the next page begins; null behind the last. */
  readonly next: string | null;
}

/** Which stretch of a log, and as what. */
export interface LogOptions extends CallOptions {
  /** Offset of the first byte, for `raw`. */
  readonly from?: number | undefined;
  /** `raw` the bytes, `text` without colours, `html`, `cast` for asciinema, `transcript` with chain and receipt. Default `raw`. */
  readonly format?: 'raw' | 'text' | 'html' | 'cast' | 'transcript' | undefined;
}

/** The screen as a program reads it. */
export interface Screen {
  readonly offset: number;
  readonly size: TerminalSize;
  readonly rows: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number; readonly visible: boolean };
  readonly title: string;
  readonly alternate: boolean;
  /** When the log stood there, in ISO 8601 with Z; older services do not say. */
  readonly at?: string;
}

/** Somebody's standing as a viewer. */
export interface Grant {
  readonly id: string;
  readonly viewer: string;
  readonly role: ViewerRole;
  readonly createdAt: string;
  readonly lastSeen: string;
  readonly expiresAt: string;
  readonly userAgent: string | null;
  readonly standing: 'good' | 'expired' | 'revoked';
}

/** What a pattern is waited for with. */
export interface WaitForOptions extends CallOptions {
  /** Look from this offset on; from the beginning when missing. */
  readonly from?: number | undefined;
  /** Milliseconds to wait. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/** Whether a pattern came, and where. */
export type PatternFound =
  | { readonly found: true; readonly offset: number; readonly line: number; readonly text: string }
  | { readonly found: false };

/**
 * A sessions service, as a program uses it. Questions that can be repeated are asked again for a while when nobody
 * answers; what the service refuses is thrown with its own code in `details.service_code`.
 */
export interface SessionsClient {
  /** Creates a session. Repeated under the same key (made anew for each call unless given) it is created once. */
  create(
    request: CreateSessionRequest,
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<CreatedSession>;
  get(session: string, options?: CallOptions): Promise<SessionView>;
  list(options?: ListOptions): AsyncIterable<SessionView>;
  /** The id that `text` is, or is the only beginning of among the newest 1,000. */
  find(text: string, options?: CallOptions): Promise<string>;
  /** The session once it is over, however long that takes. */
  wait(session: string, options?: CallOptions): Promise<SessionView>;
  /** Asks for the end: SIGTERM, and SIGKILL after the grace period. */
  stop(session: string, options?: CallOptions & { readonly graceSeconds?: number | undefined }): Promise<void>;
  /** Another link that works once. */
  share(
    session: string,
    options?: CallOptions & { readonly role?: ViewerRole; readonly ttlSeconds?: number | undefined },
  ): Promise<ShareAnswer>;
  grants(session: string, options?: CallOptions): Promise<readonly Grant[]>;
  revoke(session: string, grant: string, options?: CallOptions): Promise<void>;
  log(session: string, options?: LogOptions): Promise<ReadableStream<Uint8Array>>;
  screen(session: string, options?: CallOptions & { readonly at?: number | undefined }): Promise<Screen>;
  /** Waits until output matches a regular expression. */
  waitFor(session: string, pattern: string, options?: WaitForOptions): Promise<PatternFound>;
  type(session: string, text: string, options?: CallOptions): Promise<void>;
  signal(session: string, name: string, options?: CallOptions): Promise<void>;
  resize(session: string, size: TerminalSize, options?: CallOptions): Promise<void>;
  events(session: string, options?: EventsOptions): AsyncIterable<SessionEvent>;
  /** The signed receipt of a session that is over. */
  receipt(session: string, options?: CallOptions): Promise<unknown>;
  /** Keys that receipts and tickets are signed with. */
  keys(options?: CallOptions): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /** Resolves when the service is ready to work; what it says beside that, such as warnings. */
  ready(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
}

/** Longest the service is asked to hold an answer, in seconds. */
const holdSeconds = 25;
/** An answer that comes sooner was not held, in milliseconds. */
const holdsAtLeastMs = 200;
const pageSize = 100;
const mostLookedThrough = 1000;

/**
 * Makes a client. Nothing is asked yet.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` for an address or key that cannot be one
 */
export function createSessionsClient(options: SessionsClientOptions): SessionsClient {
  const transport = createTransport(options);
  const { ask, object } = transport;
  const pathOf = (session: string, rest = ''): string => `/api/sessions/${encodeURIComponent(session)}${rest}`;

  async function* list({ states, label, limit = Infinity, signal }: ListOptions = {}): AsyncIterable<SessionView> {
    let left = limit;
    for (let cursor: string | null | undefined; cursor !== null && left > 0;) {
      const query = { state: states?.join(','), label, limit: Math.min(left, pageSize), cursor };
      const page: SessionPage = await object({ path: '/api/sessions', query, signal });
      yield* page.sessions.slice(0, left);
      left -= page.sessions.length;
      cursor = page.next;
    }
  }

  return {
    create: (request, { idempotencyKey = randomName(), signal } = {}) =>
      object({
        method: 'POST',
        path: '/api/sessions',
        json: request,
        headers: { 'idempotency-key': idempotencyKey },
        mayRepeat: true,
        signal,
      }),
    get: (session, { signal } = {}) => object({ path: pathOf(session), signal }),
    list,
    async find(text, { signal } = {}) {
      if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u.test(text)) return text;
      const found: string[] = [];
      for await (const { sessionId } of list({ limit: mostLookedThrough, signal })) {
        if (text !== '' && sessionId.startsWith(text)) found.push(sessionId);
      }
      const [only, second] = found;
      if (only !== undefined && second === undefined) return only;
      throw new SessionsError(
        'HAWSER_SESSIONS_NOT_FOUND',
        only === undefined ? `No session begins with '${text}'.` : `${found.length} sessions begin with '${text}'.`,
        second === undefined ? {} : { hint: 'Give more of its id.', details: { candidates: found.slice(0, 10) } },
      );
    },
    async wait(session, { signal } = {}) {
      for (;;) {
        const askedAt = performance.now();
        const query = { until: 'exited', timeout: holdSeconds };
        const view: SessionView = await object({ path: pathOf(session, '/wait'), query, signal });
        if (isOver(view.state)) return view;
        // A service that does not hold its answers is not asked without a pause.
        await pause(Math.max(0, askedAt + holdsAtLeastMs - performance.now()), signal);
      }
    },
    async stop(session, { graceSeconds, signal } = {}) {
      await ask({ method: 'DELETE', path: pathOf(session), query: { grace: graceSeconds }, signal });
    },
    share: (session, { role, ttlSeconds, signal } = {}) =>
      object({
        method: 'POST',
        path: pathOf(session, '/tickets'),
        json: { role: role ?? 'control', ...(ttlSeconds !== undefined && { ttl_seconds: ttlSeconds }) },
        // Twice asked makes a link nobody ever sees, which is worth nothing after five minutes.
        mayRepeat: true,
        signal,
      }),
    async grants(session, { signal } = {}) {
      const answer: { readonly grants: readonly Grant[] } = await object({ path: pathOf(session, '/grants'), signal });
      return answer.grants;
    },
    async revoke(session, grant, { signal } = {}) {
      await ask({ method: 'DELETE', path: pathOf(session, `/grants/${encodeURIComponent(grant)}`), signal });
    },
    async log(session, { from, format, signal } = {}) {
      const response = await ask({
        path: pathOf(session, '/log'),
        query: { from, format },
        headers: { accept: '*/*' },
        signal,
      });
      return response.body ?? new ReadableStream({ start: (empty) => empty.close() });
    },
    screen: (session, { at, signal } = {}) => object({ path: pathOf(session, '/screen'), query: { at }, signal }),
    async waitFor(session, pattern, { from, timeoutMs = 30_000, signal } = {}) {
      const untilMs = Date.now() + timeoutMs;
      for (;;) {
        const leftMs = Math.max(0, untilMs - Date.now());
        const timeout = Math.min(leftMs / 1000, holdSeconds);
        const found: PatternFound & { readonly closed?: boolean } = await object({
          path: pathOf(session, '/wait'),
          query: { pattern, from, timeout },
          signal,
        });
        if (found.found || found.closed === true || timeout < holdSeconds) return found;
      }
    },
    async type(session, text, { signal } = {}) {
      await ask({ method: 'POST', path: pathOf(session, '/input'), json: { text }, signal });
    },
    async signal(session, name, { signal } = {}) {
      await ask({ method: 'POST', path: pathOf(session, '/signal'), json: { signal: name }, signal });
    },
    async resize(session, size, { signal } = {}) {
      await ask({ method: 'POST', path: pathOf(session, '/resize'), json: size, mayRepeat: true, signal });
    },
    events: (session, eventsOptions) => readEvents(transport, session, eventsOptions),
    receipt: (session, { signal } = {}) => object({ path: pathOf(session, '/receipt'), signal }),
    keys: ({ signal } = {}) => object({ path: '/.well-known/jwks.json', signal }),
    ready: ({ signal } = {}) => object({ path: '/readyz', signal }),
  };
}
