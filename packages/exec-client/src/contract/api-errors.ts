/** Codes of the service's errors, as they stand in the body. A code never changes its meaning. */
export type ApiErrorCode =
  | 'invalid_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'idempotency_mismatch'
  | 'lock_held'
  | 'already_terminal'
  | 'not_attachable'
  | 'token_used'
  | 'payload_too_large'
  | 'image_not_allowed'
  | 'secret_missing'
  | 'rate_limited'
  | 'internal'
  | 'capacity'
  | 'store_unavailable';

/** Body of every answer that is not a success. */
export interface ApiErrorBody {
  /** For people. */
  readonly error: string;
  readonly code: ApiErrorCode;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly request_id: string;
  /** Whether the same request may do better later. */
  readonly retryable: boolean;
}

/** Status of each code. */
export const apiErrorStatus: Readonly<Record<ApiErrorCode, number>> = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_mismatch: 409,
  lock_held: 409,
  already_terminal: 409,
  not_attachable: 409,
  token_used: 410,
  payload_too_large: 413,
  image_not_allowed: 422,
  secret_missing: 422,
  rate_limited: 429,
  internal: 500,
  capacity: 503,
  store_unavailable: 503,
};
