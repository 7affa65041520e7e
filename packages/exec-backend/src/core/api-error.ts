import { apiErrorStatus } from '@hawser/exec-client/contract';
import type { ApiErrorBody, ApiErrorCode } from '@hawser/exec-client/contract';

/** An answer that is not a success, on its way up to the router. It never leaves this package but as a response. */
export class ApiError extends Error {
  declare readonly name: 'ApiError';
  readonly code: ApiErrorCode;
  readonly details: ApiErrorBody['details'];
  /** Seconds after which to ask again. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    options: {
      readonly details?: ApiErrorBody['details'];
      readonly retryAfter?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ApiError', configurable: true, writable: true });
  }
}

/** The answer that says what went wrong. What is no {@link ApiError} was not expected: `internal`, or `store_unavailable`. */
export function errorResponse(error: unknown, requestId: string): Response {
  const { code, message, details, retryAfter } = asApiError(error);
  const body: ApiErrorBody = {
    error: message,
    code,
    ...(details && { details }),
    request_id: requestId,
    retryable: code === 'rate_limited' || code === 'capacity' || code === 'store_unavailable',
  };
  const headers = retryAfter === undefined ? undefined : { 'retry-after': String(retryAfter) };
  return Response.json(body, { status: apiErrorStatus[code], ...(headers && { headers }) });
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code, message, hint } = error as { code?: unknown; message?: unknown; hint?: unknown };
  if (code === 'HAWSER_EXEC_BACKEND_STORE_FAILED' || code === 'HAWSER_EXEC_BACKEND_AWS_FAILED') {
    return new ApiError('store_unavailable', 'What the service keeps its things in cannot be reached just now.', {
      retryAfter: 2,
      cause: error,
    });
  }
  if (code === 'HAWSER_EXEC_BACKEND_ISOLATION_MISSING') {
    return new ApiError('invalid_request', String(message), { details: { code, hint }, cause: error });
  }
  return new ApiError('internal', 'Something went wrong here that was not foreseen.', { cause: error });
}
