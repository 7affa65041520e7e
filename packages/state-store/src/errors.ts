/** Codes of {@link StateStoreError}; each is stable for ever. */
export type StateStoreErrorCode =
  | 'HAWSER_STATE_CONTENDED'
  | 'HAWSER_STATE_DEFINITION'
  | 'HAWSER_STATE_DISK_FULL'
  | 'HAWSER_STATE_FOREIGN_EDIT'
  | 'HAWSER_STATE_FOREIGN_NOT_PRESERVED'
  | 'HAWSER_STATE_FOREIGN_SYNTAX'
  | 'HAWSER_STATE_INVALID_UPDATE'
  | 'HAWSER_STATE_IO'
  | 'HAWSER_STATE_LOCKED'
  | 'HAWSER_STATE_MIGRATION_FAILED'
  | 'HAWSER_STATE_NEWER_VERSION'
  | 'HAWSER_STATE_NOT_A_FOLDER'
  | 'HAWSER_STATE_NO_ACCESS'
  | 'HAWSER_STATE_READ_ONLY'
  | 'HAWSER_STATE_TRANSACTION';

interface CodeFacts {
  readonly exitCode: 1 | 2;
  readonly hint: string;
}

const CODES: Readonly<Record<StateStoreErrorCode, CodeFacts>> = {
  HAWSER_STATE_CONTENDED: {
    exitCode: 1,
    hint: 'A program changes this file without taking its lock. Stop that program, then try again.',
  },
  HAWSER_STATE_DEFINITION: {
    exitCode: 2,
    hint: 'Correct the document definition: name, version, schema, migrations and default must agree.',
  },
  HAWSER_STATE_DISK_FULL: {
    exitCode: 1,
    hint: 'Free some space (or raise the quota) and try again; what was stored before is intact.',
  },
  HAWSER_STATE_FOREIGN_EDIT: {
    exitCode: 2,
    hint: 'Look at the file around the named place; the edit asks for a shape the file does not have.',
  },
  HAWSER_STATE_FOREIGN_NOT_PRESERVED: {
    exitCode: 1,
    hint: 'Make this change by hand: the file uses notation that cannot be edited safely. Nothing was written.',
  },
  HAWSER_STATE_FOREIGN_SYNTAX: {
    exitCode: 2,
    hint: 'Correct the file by hand and try again; it was left exactly as it is.',
  },
  HAWSER_STATE_INVALID_UPDATE: {
    exitCode: 2,
    hint: 'Correct the value that is named; what was stored before is intact.',
  },
  HAWSER_STATE_IO: {
    exitCode: 1,
    hint: 'Look at the file system the file is on (the cause names the system error), then try again.',
  },
  HAWSER_STATE_LOCKED: {
    exitCode: 1,
    hint: 'Wait for the other process, or end it, and try again.',
  },
  HAWSER_STATE_MIGRATION_FAILED: {
    exitCode: 2,
    hint: 'Move the file away to start anew, or put the program version back that wrote it; it was left as it is.',
  },
  HAWSER_STATE_NEWER_VERSION: {
    exitCode: 2,
    hint: 'Update this program to a version that knows the document; it was left as it is.',
  },
  HAWSER_STATE_NOT_A_FOLDER: {
    exitCode: 2,
    hint: 'Remove the file that is in the way, or set HAWSER_STATE_DIR to a folder.',
  },
  HAWSER_STATE_NO_ACCESS: {
    exitCode: 1,
    hint: 'Give yourself read access to the file (look at its owner and mode), then try again.',
  },
  HAWSER_STATE_READ_ONLY: {
    exitCode: 1,
    hint: 'Make the folder writable, or set HAWSER_STATE_DIR to one that is.',
  },
  HAWSER_STATE_TRANSACTION: {
    exitCode: 2,
    hint: 'Name every document and file of the transaction in its list, each once.',
  },
};

/** A value that JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What {@link StateStoreError} is made of besides code and message. */
export interface StateStoreErrorFacts {
  /** The error underneath, kept as it was. */
  readonly cause?: unknown;
  /** Replaces the code's usual advice where a better one is known. */
  readonly hint?: string;
  /** Facts for machines; never stored data. */
  readonly details?: Readonly<Record<string, JsonValue>>;
}

/** The one error class of this package; `code` says which of the documented cases it is. */
export class StateStoreError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'StateStoreError', configurable: true, writable: true });
  }

  readonly code: StateStoreErrorCode;
  /** 1: the world is not as wanted; 2: the input or a stored document is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next. */
  readonly hint: string;
  readonly details?: Readonly<Record<string, JsonValue>>;

  constructor(code: StateStoreErrorCode, message: string, facts: StateStoreErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.exitCode = CODES[code].exitCode;
    this.hint = facts.hint ?? CODES[code].hint;
    if (facts.details !== undefined) this.details = facts.details;
  }
}

/** The `code` of a system error (`'ENOENT'`, …), or `undefined` for anything else. */
export function errnoOf(error: unknown): string | undefined {
  // By its fields: an error from another realm is no `instanceof Error` here.
  if (typeof error !== 'object' || error === null || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const DISK_FULL = new Set(['ENOSPC', 'EDQUOT']);
const DENIED = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * Puts a system error into the words of this package. Anything that is not a system error is passed through.
 *
 * @param doing - what was being attempted, as it follows "Cannot": `'write net.json'`
 * @param path - the file or folder concerned
 * @param access - whether a denied access was a reading or a writing one
 */
export function explainSystemError(error: unknown, doing: string, path: string, access: 'read' | 'write'): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const facts = { cause: error, details: { path, errno } };
  if (DISK_FULL.has(errno)) {
    return new StateStoreError(
      'HAWSER_STATE_DISK_FULL',
      `Cannot ${doing}: the disk or quota of ${path} is full.`,
      facts,
    );
  }
  if (DENIED.has(errno) && access === 'read') {
    return new StateStoreError('HAWSER_STATE_NO_ACCESS', `Cannot ${doing}: access to ${path} is denied.`, facts);
  }
  if (DENIED.has(errno)) {
    return new StateStoreError('HAWSER_STATE_READ_ONLY', `Cannot ${doing}: ${path} may not be written to.`, facts);
  }
  if (errno === 'ENOTDIR' || errno === 'EEXIST') {
    return new StateStoreError('HAWSER_STATE_NOT_A_FOLDER', `Cannot ${doing}: a file is in the way of ${path}.`, facts);
  }
  return new StateStoreError('HAWSER_STATE_IO', `Cannot ${doing}: the system answered ${errno} for ${path}.`, facts);
}
