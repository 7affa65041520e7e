/** A value that survives JSON unchanged; what {@link ApiKeyError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code an {@link ApiKeyError} can carry. A code never changes its meaning. */
export type ApiKeyErrorCode = 'HAWSER_API_KEY_BUSY' | 'HAWSER_API_KEY_MALFORMED' | 'HAWSER_API_KEY_SCOPE_UNKNOWN';

/** What every error of one code has in common. */
export interface ApiKeyErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const apiKeyErrors: Readonly<Record<ApiKeyErrorCode, ApiKeyErrorRow>> = {
  HAWSER_API_KEY_BUSY: { exitCode: 1, hint: 'Try again in a moment.' },
  HAWSER_API_KEY_MALFORMED: { exitCode: 2, hint: 'A key is sk_live_ and 64 hexadecimal digits.' },
  HAWSER_API_KEY_SCOPE_UNKNOWN: { exitCode: 2, hint: 'Choose among the scopes that are named.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class ApiKeyError extends Error {
  declare readonly name: 'ApiKeyError';
  readonly code: ApiKeyErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: ApiKeyErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = apiKeyErrors[code].exitCode;
    this.hint = options.hint ?? apiKeyErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ApiKeyError', configurable: true, writable: true });
  }
}
