import type { Readable } from 'node:stream';
import type { Stream } from '../logs/stream.js';

/** A line is handed on in pieces of this size. @see moby daemon/logger/copier.go (16 KiB read buffer) */
const pieceBytes = 16_384;
const newline = 0x0a;

/**
 * Carries one output of a container to a log stream as Docker's awslogs driver does: a line without its end is one
 * event, a longer one than 16 KiB becomes several, an empty line none, and what is not UTF-8 becomes U+FFFD.
 *
 * Resolves when the output has ended.
 *
 * @see moby daemon/logger/awslogs/cloudwatchlogs.go (processEvent)
 */
export async function carryOutput(output: Readable, stream: Stream | undefined, nowMs: () => number): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (stream === undefined) continue;
    const now = nowMs();
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (;;) {
      const end = data.indexOf(newline, from);
      const until = end < 0 ? data.length : end;
      while (until - from > pieceBytes) {
        stream.append(now, data.toString('utf8', from, from + pieceBytes), now);
        from += pieceBytes;
      }
      if (end < 0) break;
      if (end > from) stream.append(now, data.toString('utf8', from, end), now);
      from = end + 1;
    }
    rest = data.subarray(from);
  }
  if (stream !== undefined && rest.length > 0) stream.append(nowMs(), rest.toString('utf8'), nowMs());
}
