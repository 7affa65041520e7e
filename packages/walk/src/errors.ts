/** A value that survives JSON unchanged; what {@link WalkError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code a {@link WalkError} can carry. A code never changes its meaning. */
export type WalkErrorCode = 'HAWSER_WALK_TOO_MANY' | 'HAWSER_WALK_TOO_LARGE' | 'HAWSER_WALK_UNREADABLE';

/** What every error of one code has in common. */
export interface WalkErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const walkErrors: Readonly<Record<WalkErrorCode, WalkErrorRow>> = {
  HAWSER_WALK_TOO_MANY: { exitCode: 1, hint: 'Leave out what need not be taken, build output for instance.' },
  HAWSER_WALK_TOO_LARGE: { exitCode: 1, hint: 'Leave out the files that are named.' },
  HAWSER_WALK_UNREADABLE: { exitCode: 1, hint: 'Look at the permissions of what is named, or leave it out.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class WalkError extends Error {
  declare readonly name: 'WalkError';
  readonly code: WalkErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: WalkErrorCode,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = walkErrors[code].exitCode;
    this.hint = walkErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'WalkError', configurable: true, writable: true });
  }
}
