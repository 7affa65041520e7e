import type { JsonValue } from '../errors.js';

/** Every `code` a problem of the API can carry, and the status it comes with. A code never changes its meaning. */
export const problemStatus = {
  invalid_request: 400,
  unauthenticated: 401,
  ticket_invalid: 401,
  grant_invalid: 401,
  forbidden: 403,
  foreign_origin: 403,
  not_control: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_finished: 409,
  idempotency_mismatch: 409,
  not_running: 409,
  attempt_over: 409,
  log_expired: 410,
  expired: 410,
  ticket_used: 410,
  too_large: 413,
  range_not_satisfiable: 416,
  source_rejected: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  internal: 500,
  runner_unreachable: 502,
  store_unavailable: 503,
  cluster_unavailable: 503,
  busy: 503,
  storage_full: 507,
} as const;

/** A stable code of the API. */
export type ProblemCode = keyof typeof problemStatus;

/** Body of every answer that is no success, `application/problem+json` (RFC 9457) with a stable `code`. */
export interface ProblemBody {
  /** `about:blank`: the code says what it is. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What happened to what, for a person. */
  readonly detail: string;
  /** The next step, where there is one. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;
}

const titles: Readonly<Record<ProblemCode, string>> = {
  invalid_request: 'The request cannot be understood',
  unauthenticated: 'The key is not good',
  ticket_invalid: 'The link is not good',
  grant_invalid: 'This viewer may not look on',
  forbidden: 'This key may not do that',
  foreign_origin: 'Another page asks',
  not_control: 'Somebody else has the keyboard',
  not_found: 'There is no such thing',
  method_not_allowed: 'This cannot be done there',
  already_finished: 'The session is over',
  idempotency_mismatch: 'The idempotency key belongs to another request',
  not_running: 'The session does not run',
  attempt_over: 'This attempt is over',
  log_expired: 'The log is past its time',
  expired: 'The session is past its time',
  ticket_used: 'The link was used already',
  too_large: 'That is too large',
  range_not_satisfiable: 'The log has no such bytes',
  source_rejected: 'The source may not be fetched',
  rate_limited: 'Too many requests',
  quota_exceeded: 'The quota is used up',
  internal: 'Something went wrong here',
  runner_unreachable: 'The runner does not answer',
  store_unavailable: 'The database cannot be reached',
  cluster_unavailable: 'The cluster cannot be reached',
  busy: 'Too much to do',
  storage_full: 'There is no room left',
};

/** An answer that is not a success, on its way up to the router. It never leaves this package but as a response. */
export class Problem extends Error {
  declare readonly name: 'Problem';
  readonly code: ProblemCode;
  readonly hint: string | undefined;
  readonly details: ProblemBody['details'];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: ProblemBody['details'];
      /** Seconds after which to ask again. */
      readonly retryAfter?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
    this.headers = {
      ...(options.retryAfter !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(options.retryAfter))) }),
      ...options.headers,
    };
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'Problem', configurable: true, writable: true });
  }
}

/** What went wrong, as a problem. What was not foreseen tells nothing outside. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, message, hint } = error as { code?: unknown; message?: unknown; hint?: unknown };
  const more = { cause: error, ...(typeof hint === 'string' && { hint }) };
  switch (code) {
    case 'HAWSER_SESSIONS_STORE_UNAVAILABLE':
    case 'HAWSER_SESSIONS_STORE_OUTDATED':
      return new Problem('store_unavailable', 'The service cannot reach its database just now. Nothing was begun.', {
        retryAfter: 2,
        cause: error,
      });
    case 'HAWSER_SESSIONS_CLUSTER_UNAVAILABLE':
      return new Problem('cluster_unavailable', String(message), { ...more, retryAfter: 5 });
    case 'HAWSER_SESSIONS_RUNNER_UNREACHABLE':
    case 'HAWSER_SESSIONS_RUNNER_FOREIGN':
      return new Problem('runner_unreachable', String(message), { ...more, retryAfter: 1 });
    case 'HAWSER_SESSIONS_SOURCE_REJECTED':
      return new Problem('source_rejected', String(message), more);
    case 'HAWSER_API_KEY_BUSY':
      return new Problem('busy', 'Too many keys are being checked just now.', { retryAfter: 1, cause: error });
    case 'HAWSER_SESSIONS_BAD_INPUT':
    case 'HAWSER_API_KEY_SCOPE_UNKNOWN':
      return new Problem('invalid_request', String(message), more);
    default:
      return new Problem('internal', 'Something went wrong here that was not foreseen.', { cause: error });
  }
}

/** The answer that says so. */
export function problemResponse(problem: Problem): Response {
  const status = problemStatus[problem.code];
  const body: ProblemBody = {
    type: 'about:blank',
    title: titles[problem.code],
    status,
    code: problem.code,
    detail: problem.message,
    ...(problem.hint !== undefined && { hint: problem.hint }),
    ...(problem.details && { details: problem.details }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...problem.headers },
  });
}
