import type { ApiErrorBody, ApiErrorCode } from '../contract/index.js';
import { ExecError, type ExecErrorCode, type JsonValue } from '../errors.js';

/** An answer that is no success, and whether the same request may do better later. */
export interface Failure {
  readonly error: ExecError;
  readonly isRetryable: boolean;
  /** The service did nothing: even a request that must not be made twice may be made again. */
  readonly isUntouched: boolean;
  /** How long the service asks to wait. */
  readonly retryAfterMs?: number;
}

/** What a code of the service is called on this side. */
const codes: Readonly<Record<ApiErrorCode, ExecErrorCode>> = {
  invalid_request: 'HAWSER_EXEC_REFUSED',
  unauthorized: 'HAWSER_EXEC_UNAUTHORIZED',
  forbidden: 'HAWSER_EXEC_FORBIDDEN',
  not_found: 'HAWSER_EXEC_NOT_FOUND',
  method_not_allowed: 'HAWSER_EXEC_REFUSED',
  idempotency_mismatch: 'HAWSER_EXEC_CONFLICT',
  lock_held: 'HAWSER_EXEC_LOCK_HELD',
  already_terminal: 'HAWSER_EXEC_CONFLICT',
  not_attachable: 'HAWSER_EXEC_CONFLICT',
  token_used: 'HAWSER_EXEC_CONFLICT',
  payload_too_large: 'HAWSER_EXEC_REFUSED',
  image_not_allowed: 'HAWSER_EXEC_REFUSED',
  secret_missing: 'HAWSER_EXEC_REFUSED',
  rate_limited: 'HAWSER_EXEC_BUSY',
  internal: 'HAWSER_EXEC_SERVICE_FAILED',
  capacity: 'HAWSER_EXEC_BUSY',
  store_unavailable: 'HAWSER_EXEC_SERVICE_FAILED',
};

/** Hints that know more than the code of this side. */
const hints: Partial<Readonly<Record<ApiErrorCode, string>>> = {
  secret_missing: 'hawser exec secrets set NAME stores it.',
  not_attachable: 'Start the execution with --attachable.',
  payload_too_large: 'Put what is long into files of the repository.',
  image_not_allowed: 'Ask whoever administers the backend which images it allows.',
};

/** Words for answers that come from a gateway or proxy before the service. */
const statuses: Readonly<Record<number, ExecErrorCode>> = {
  401: 'HAWSER_EXEC_UNAUTHORIZED',
  403: 'HAWSER_EXEC_FORBIDDEN',
  413: 'HAWSER_EXEC_REFUSED',
  429: 'HAWSER_EXEC_BUSY',
};

/** Makes an error of an answer that is no success. `where` names the backend. */
export function failureOf(response: Response, text: string, where: string): Failure {
  const retryAfterMs = retryAfter(response.headers.get('retry-after'));
  const rest = retryAfterMs === undefined ? {} : { retryAfterMs };
  const { status } = response;
  const body = apiErrorOf(text);
  if (!body) {
    const code = statuses[status] ?? (status >= 500 ? 'HAWSER_EXEC_SERVICE_FAILED' : 'HAWSER_EXEC_PROTOCOL');
    const message = `${where} answered ${status}${response.statusText && ` ${response.statusText}`}, and not in the words of an execution service.`;
    const error = new ExecError(code, message, { details: { status } });
    return { error, isRetryable: status === 429 || status >= 500, isUntouched: status === 429, ...rest };
  }
  const error = new ExecError(codes[body.code], sentence(body.error), {
    hint: hints[body.code],
    details: {
      ...(body.details as Readonly<Record<string, JsonValue>> | undefined),
      status,
      service_code: body.code,
      request_id: body.request_id,
    },
  });
  const isUntouched = body.code === 'rate_limited';
  return { error, isRetryable: body.retryable || isUntouched, isUntouched, ...rest };
}

/** The service could not be asked, or its answer broke off. */
export function unreachable(where: string, cause: unknown): ExecError {
  const hint = certificateHint(cause);
  const message = `${where} cannot be reached: ${reasonOf(cause)}.`;
  return new ExecError('HAWSER_EXEC_UNREACHABLE', message, { cause, ...(hint !== undefined && { hint }) });
}

/** What to do about a certificate that is not taken; undefined when it is something else, which may pass. */
export function certificateHint(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'Reach it by a name that its certificate has.';
  if (untrusted.has(code)) return 'Name the PEM file of its certificate authority in NODE_EXTRA_CA_CERTS.';
  return certificateHint(cause.cause);
}

/** Codes of OpenSSL for a chain that ends with nobody who is trusted here. */
const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The answer is no answer of an execution service. */
export function garbled(where: string, what: string): ExecError {
  return new ExecError('HAWSER_EXEC_PROTOCOL', `${where} answered ${what}.`);
}

function apiErrorOf(text: string): ApiErrorBody | undefined {
  try {
    const body = JSON.parse(text) as Partial<ApiErrorBody> | null;
    if (typeof body?.error !== 'string' || typeof body.code !== 'string' || !Object.hasOwn(codes, body.code)) {
      return undefined;
    }
    return { ...body, retryable: body.retryable === true } as ApiErrorBody;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. RFC 9110 §10.2.3. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

/** The innermost reason that says something: fetch hides it below `fetch failed`. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return 'no answer came in time';
  if (cause.cause instanceof Error) return reasonOf(cause.cause);
  const { code } = cause as NodeJS.ErrnoException;
  return cause.message || code || cause.name;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
