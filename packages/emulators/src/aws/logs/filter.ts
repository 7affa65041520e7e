import { AwsError } from '../../ssm/api/aws-error.js';
import type { LogLine, Stream } from './stream.js';

/** What FilterLogEvents answers in one page. */
export interface FilteredPage {
  readonly events: readonly (LogLine & { readonly logStreamName: string; readonly eventId: string })[];
  readonly nextToken: string | undefined;
}

/** What is looked for, in which streams. */
export interface FilterQuestion {
  readonly streams: readonly Stream[];
  readonly pattern: string | undefined;
  readonly startTime: number;
  readonly endTime: number;
  readonly limit: number;
  readonly token: string | undefined;
  readonly nowMs: number;
  readonly delayMs: number;
}

/** Merges streams by time (the order within a stream is kept) and keeps the lines that match. */
export function filterStreams(question: FilterQuestion): FilteredPage {
  const matches = compilePattern(question.pattern);
  const skip = question.token === undefined ? 0 : parseSkip(question.token);
  const found = question.streams
    .flatMap((stream) =>
      stream.lines.slice(0, stream.visible(question.nowMs, question.delayMs)).map((line, at) => ({ stream, line, at })),
    )
    .filter(
      ({ line }) => line.timestamp >= question.startTime && line.timestamp <= question.endTime && matches(line.message),
    )
    .toSorted((left, right) => left.line.timestamp - right.line.timestamp);
  const page = found.slice(skip, skip + question.limit);
  return {
    events: page.map(({ stream, line, at }) => ({
      ...line,
      logStreamName: stream.name,
      eventId: `${stream.name}:${String(at).padStart(20, '0')}`,
    })),
    nextToken: skip + page.length < found.length ? `skip-${skip + page.length}` : undefined,
  };
}

function parseSkip(token: string): number {
  const match = /^skip-(\d+)$/u.exec(token);
  if (!match) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return Number(match[1]);
}

/** Terms, all of which must occur: bare words, and phrases in double quotes. `?` and `{` forms are refused. */
function compilePattern(pattern: string | undefined): (message: string) => boolean {
  if (pattern === undefined || pattern.trim() === '') return () => true;
  if (/^\s*[{[%]|(?:^|\s)[?-]/u.test(pattern)) {
    throw new AwsError('InvalidParameterException', `The emulator does not know the filter pattern ${pattern}.`);
  }
  const terms = [...pattern.matchAll(/"([^"]*)"|(\S+)/gu)].map(([, phrase, word]) => phrase ?? word ?? '');
  return (message) => terms.every((term) => message.includes(term));
}
