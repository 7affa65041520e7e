import { type LogEvent, writtenBy } from '@hawser/exec-client/contract';

/** What a command wrote, byte for byte: text as long as all of it is. */
export function writtenTogether(events: readonly LogEvent[]): string | Buffer {
  const lines = events.map(writtenBy);
  if (lines.every((line) => typeof line === 'string')) return lines.join('');
  return Buffer.concat(lines.map((line) => (typeof line === 'string' ? Buffer.from(line) : line)));
}
