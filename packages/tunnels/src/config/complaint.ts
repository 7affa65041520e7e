import { TunnelsError, type TunnelsErrorCode } from '../errors.js';

/** Something in a configuration file that cannot stand as it is. */
export interface Complaint {
  /** The file, as it is shown. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** What is wrong, and what may stand there. */
  readonly message: string;
}

/** More than a person mends before looking again. */
const shown = 5;

/** One error for complaints; its message has a line for each of the first few. */
export function complaintsError(code: TunnelsErrorCode, complaints: readonly Complaint[]): TunnelsError {
  const lines = complaints
    .slice(0, shown)
    .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  if (complaints.length > shown) lines.push(`… and ${complaints.length - shown} more.`);
  return new TunnelsError(code, lines.join('\n'), {
    details: { complaints: complaints.slice(0, 100).map((each) => ({ ...each })) },
  });
}
