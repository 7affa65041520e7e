/** A value that survives JSON unchanged; what {@link ExecError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code an {@link ExecError} can carry. A code never changes its meaning. */
export type ExecErrorCode =
  | 'HAWSER_EXEC_BAD_INPUT'
  | 'HAWSER_EXEC_CONFIG_INVALID'
  | 'HAWSER_EXEC_BACKEND_UNKNOWN'
  | 'HAWSER_EXEC_NO_REPO'
  | 'HAWSER_EXEC_REMOTE_EXPECTED'
  | 'HAWSER_EXEC_DIRTY_TOO_LARGE'
  | 'HAWSER_EXEC_GIT_FAILED'
  | 'HAWSER_EXEC_UNREACHABLE'
  | 'HAWSER_EXEC_UNAUTHORIZED'
  | 'HAWSER_EXEC_FORBIDDEN'
  | 'HAWSER_EXEC_NOT_FOUND'
  | 'HAWSER_EXEC_LOCK_HELD'
  | 'HAWSER_EXEC_CONFLICT'
  | 'HAWSER_EXEC_REFUSED'
  | 'HAWSER_EXEC_BUSY'
  | 'HAWSER_EXEC_SERVICE_FAILED'
  | 'HAWSER_EXEC_PROTOCOL';

/** What every error of one code has in common. */
export interface ExecErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const execErrors: Readonly<Record<ExecErrorCode, ExecErrorRow>> = {
  HAWSER_EXEC_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_EXEC_CONFIG_INVALID: {
    exitCode: 2,
    hint: 'Correct the line that is named; the schema of the file says what may stand there.',
  },
  HAWSER_EXEC_BACKEND_UNKNOWN: {
    exitCode: 2,
    hint: 'hawser exec configure adds a backend; hawser exec doctor names those there are.',
  },
  HAWSER_EXEC_NO_REPO: { exitCode: 2, hint: 'Pass --repo, run in a git repository with a remote, or pass --no-repo.' },
  HAWSER_EXEC_REMOTE_EXPECTED: {
    exitCode: 1,
    hint: 'Pass --local to run on this machine after all, or choose a backend with --backend NAME.',
  },
  HAWSER_EXEC_DIRTY_TOO_LARGE: {
    exitCode: 1,
    hint: 'Commit and push the large files, or leave them out with .gitignore.',
  },
  HAWSER_EXEC_GIT_FAILED: { exitCode: 1, hint: 'Read what git said, and try again.' },
  HAWSER_EXEC_UNREACHABLE: { exitCode: 1, hint: 'hawser exec doctor says which part of the way fails.' },
  HAWSER_EXEC_UNAUTHORIZED: { exitCode: 1, hint: 'Ask for a new key, and save it with hawser exec configure.' },
  HAWSER_EXEC_FORBIDDEN: { exitCode: 1, hint: 'Ask whoever administers the backend for a key with that scope.' },
  HAWSER_EXEC_NOT_FOUND: { exitCode: 2, hint: 'hawser exec list names the executions there are.' },
  HAWSER_EXEC_LOCK_HELD: { exitCode: 1, hint: 'Wait for it with --lock-policy wait, or look at hawser exec locks.' },
  HAWSER_EXEC_CONFLICT: { exitCode: 1, hint: 'hawser exec status ID says how it stands.' },
  HAWSER_EXEC_REFUSED: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_EXEC_BUSY: { exitCode: 1, hint: 'Try again in a while.' },
  HAWSER_EXEC_SERVICE_FAILED: { exitCode: 1, hint: 'Try again; hawser exec doctor says how the backend is.' },
  HAWSER_EXEC_PROTOCOL: { exitCode: 1, hint: 'Check the address: it does not answer like an execution service.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class ExecError extends Error {
  declare readonly name: 'ExecError';
  readonly code: ExecErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: ExecErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = execErrors[code].exitCode;
    this.hint = options.hint ?? execErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ExecError', configurable: true, writable: true });
  }
}
