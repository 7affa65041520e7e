/** A value that survives JSON unchanged; what {@link SessionsError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code a {@link SessionsError} can carry. A code never changes its meaning. */
export type SessionsErrorCode =
  | 'HAWSER_SESSIONS_BAD_INPUT'
  | 'HAWSER_SESSIONS_PROTOCOL_VIOLATED'
  | 'HAWSER_SESSIONS_STORE_UNAVAILABLE'
  | 'HAWSER_SESSIONS_STORE_OUTDATED'
  | 'HAWSER_SESSIONS_MIGRATION_FAILED'
  | 'HAWSER_SESSIONS_SOURCE_REJECTED'
  | 'HAWSER_SESSIONS_SOURCE_FAILED'
  | 'HAWSER_SESSIONS_LOG_DAMAGED'
  | 'HAWSER_SESSIONS_CLUSTER_UNAVAILABLE'
  | 'HAWSER_SESSIONS_RUNNER_UNREACHABLE'
  | 'HAWSER_SESSIONS_RUNNER_FOREIGN'
  | 'HAWSER_SESSIONS_SERVICE_UNREACHABLE'
  | 'HAWSER_SESSIONS_REFUSED'
  | 'HAWSER_SESSIONS_NOT_FOUND'
  | 'HAWSER_SESSIONS_LINK_USED'
  | 'HAWSER_SESSIONS_LOCAL_FAILED';

/** What every error of one code has in common. */
export interface SessionsErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const sessionsErrors: Readonly<Record<SessionsErrorCode, SessionsErrorRow>> = {
  HAWSER_SESSIONS_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_SESSIONS_PROTOCOL_VIOLATED: { exitCode: 1, hint: 'Bring both sides to the same release of Hawser.' },
  HAWSER_SESSIONS_STORE_UNAVAILABLE: { exitCode: 1, hint: 'Check that the database runs and lets this user in.' },
  HAWSER_SESSIONS_STORE_OUTDATED: { exitCode: 1, hint: 'Run the migrations: npm run migrate:latest.' },
  HAWSER_SESSIONS_MIGRATION_FAILED: {
    exitCode: 1,
    hint: 'The database is as it was before this migration; correct what the cause names and run it again.',
  },
  HAWSER_SESSIONS_SOURCE_REJECTED: { exitCode: 2, hint: 'Name a public https address of an allowed host.' },
  HAWSER_SESSIONS_SOURCE_FAILED: { exitCode: 1, hint: 'Check that the address answers and the checksum is right.' },
  HAWSER_SESSIONS_LOG_DAMAGED: {
    exitCode: 1,
    hint: 'Get the log again; what stands before the named segment is sound.',
  },
  HAWSER_SESSIONS_CLUSTER_UNAVAILABLE: { exitCode: 1, hint: 'hawser sessions doctor says what the cluster refuses.' },
  HAWSER_SESSIONS_RUNNER_UNREACHABLE: { exitCode: 1, hint: 'Wait a moment and attach again; the command goes on.' },
  HAWSER_SESSIONS_RUNNER_FOREIGN: {
    exitCode: 1,
    hint: 'Nothing was sent to it. Attach again; tell whoever runs the cluster.',
  },
  HAWSER_SESSIONS_SERVICE_UNREACHABLE: { exitCode: 1, hint: 'hawser sessions doctor says what does not answer.' },
  HAWSER_SESSIONS_REFUSED: {
    exitCode: 1,
    hint: 'Ask whoever runs the service for a key with the scope that is named.',
  },
  HAWSER_SESSIONS_NOT_FOUND: { exitCode: 1, hint: 'hawser sessions list shows the sessions there are.' },
  HAWSER_SESSIONS_LINK_USED: { exitCode: 1, hint: 'A link works once: hawser sessions share makes another.' },
  HAWSER_SESSIONS_LOCAL_FAILED: { exitCode: 1, hint: 'Look at what is named; hawser sessions doctor looks for more.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class SessionsError extends Error {
  declare readonly name: 'SessionsError';
  readonly code: SessionsErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: SessionsErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = sessionsErrors[code].exitCode;
    this.hint = options.hint ?? sessionsErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'SessionsError', configurable: true, writable: true });
  }
}
