/** A value that survives JSON unchanged; what {@link ExecBackendError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code an {@link ExecBackendError} can carry. A code never changes its meaning. */
export type ExecBackendErrorCode =
  | 'HAWSER_EXEC_BACKEND_BAD_INPUT'
  | 'HAWSER_EXEC_BACKEND_STORE_FAILED'
  | 'HAWSER_EXEC_BACKEND_ISOLATION_MISSING'
  | 'HAWSER_EXEC_BACKEND_STACK_FAILED'
  | 'HAWSER_EXEC_BACKEND_STACK_MISSING'
  | 'HAWSER_EXEC_BACKEND_AWS_FAILED';

/** What every error of one code has in common. */
export interface ExecBackendErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const execBackendErrors: Readonly<Record<ExecBackendErrorCode, ExecBackendErrorRow>> = {
  HAWSER_EXEC_BACKEND_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_EXEC_BACKEND_STORE_FAILED: {
    exitCode: 1,
    hint: 'Check that the disk has room and that the folder is writable.',
  },
  HAWSER_EXEC_BACKEND_ISOLATION_MISSING: { exitCode: 1, hint: 'Install what is named, or choose --isolation process.' },
  HAWSER_EXEC_BACKEND_STACK_FAILED: {
    exitCode: 1,
    hint: 'Read the failed resources above; hawser exec destroy removes what is left.',
  },
  HAWSER_EXEC_BACKEND_STACK_MISSING: { exitCode: 1, hint: 'hawser exec init makes the stack.' },
  HAWSER_EXEC_BACKEND_AWS_FAILED: {
    exitCode: 1,
    hint: 'hawser exec doctor says which permission or setting is missing.',
  },
};

/** Says what happened to what, under a stable code, with the next step. */
export class ExecBackendError extends Error {
  declare readonly name: 'ExecBackendError';
  readonly code: ExecBackendErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: ExecBackendErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = execBackendErrors[code].exitCode;
    this.hint = options.hint ?? execBackendErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ExecBackendError', configurable: true, writable: true });
  }
}
