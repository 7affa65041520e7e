/** A value that survives JSON unchanged; what {@link ReceiptError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code a {@link ReceiptError} can carry. A code never changes its meaning. */
export type ReceiptErrorCode = 'HAWSER_RECEIPT_INVALID' | 'HAWSER_RECEIPT_KEY_INVALID' | 'HAWSER_RECEIPT_KEY_UNSAFE';

/** What every error of one code has in common. */
export interface ReceiptErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const receiptErrors: Readonly<Record<ReceiptErrorCode, ReceiptErrorRow>> = {
  HAWSER_RECEIPT_INVALID: {
    exitCode: 2,
    hint: 'Give a file that was written by --receipt or answered by the service.',
  },
  HAWSER_RECEIPT_KEY_INVALID: {
    exitCode: 2,
    hint: 'Give a public key in PEM, or the key id and key as they were printed.',
  },
  HAWSER_RECEIPT_KEY_UNSAFE: { exitCode: 1, hint: 'Make the file readable by you alone: chmod 600 FILE.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class ReceiptError extends Error {
  declare readonly name: 'ReceiptError';
  readonly code: ReceiptErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: ReceiptErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = receiptErrors[code].exitCode;
    this.hint = options.hint ?? receiptErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ReceiptError', configurable: true, writable: true });
  }
}
