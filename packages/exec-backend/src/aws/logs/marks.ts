import type { LogFacts } from '../../ports.js';

/** The last line of a command's log: what `run.sh` says of it. */
export interface EndMark extends LogFacts {
  readonly nonce: string;
  /** The command was stopped at its deadline. */
  readonly overdue: boolean;
}

const beginForm = /^::hawser-exec begin nonce=([0-9a-f]+)$/;
const endForm =
  /^::hawser-exec end nonce=([0-9a-f]+) exit=\d+ overdue=([01]) lines=(\d+) bytes=(\d+) sha256=([0-9a-f]{64})$/;

/** The nonce of a begin mark; `undefined` for any other line. */
export function readBeginMark(line: string): string | undefined {
  return beginForm.exec(line)?.[1];
}

/** What an end mark says; `undefined` for any other line. */
export function readEndMark(line: string): EndMark | undefined {
  const [, nonce, overdue, lines, bytes, sha256] = endForm.exec(line) ?? [];
  if (nonce === undefined) return undefined;
  return { nonce, overdue: overdue === '1', lines: Number(lines), bytes: Number(bytes), sha256 };
}

const UNFINISHED = '\u001f';
const FINISHED = '\u001d';

/**
 * A line as the command wrote it, from how `run.sh` writes it for a log driver that drops empty lines and cuts long ones.
 * `partial`: a piece of a line, which the next event goes on with, or the end of an output without a newline.
 */
export function readLine(message: string): { readonly message: string; readonly partial: boolean } {
  if (message.endsWith(UNFINISHED)) return { message: message.slice(0, -1), partial: true };
  return { message: message.endsWith(FINISHED) ? message.slice(0, -1) : message, partial: false };
}
