import { Buffer } from 'node:buffer';

/** `runner`: what the command wrote (both its outputs, in the order of writing). `init`: how the clone was made. */
export type LogStream = 'runner' | 'init';

/** One line of a log, without its newline. */
export interface LogEvent {
  /** Counts from 0 through the log, without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly stream: LogStream;
  readonly message: string;
  /** The line has no newline: the last of a log, or a piece of a very long line. */
  readonly partial?: boolean;
  /** The line as it was written, in base64, where it is not UTF-8: `message` then has U+FFFD in place of what is not. */
  readonly bytes?: string;
}

/** What was written, newline included, as it goes to somebody's terminal or file. */
export function writtenBy({
  message,
  partial,
  bytes,
}: Pick<LogEvent, 'message' | 'partial' | 'bytes'>): string | Buffer {
  if (bytes === undefined) return partial ? message : `${message}\n`;
  const line = Buffer.from(bytes, 'base64');
  return partial ? line : Buffer.concat([line, Buffer.from('\n')]);
}

/** Answer to GET `/executions/{id}/logs`. */
export interface LogPage {
  readonly events: readonly LogEvent[];
  /** Opaque: give it back to get what follows. */
  readonly cursor: string;
  /** Nothing will follow: the execution ended and its log was read to the end mark, or no end mark came in time. */
  readonly done: boolean;
  /** Meaningful with `done`: every line was read, by the end mark's count. */
  readonly complete: boolean;
}
