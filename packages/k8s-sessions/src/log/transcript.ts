import type { Envelope } from '@hawser/receipts';
import type { LogSource } from './types.js';

/** First field of a transcript's first line. */
export const transcriptFormat = 'hawser-session-transcript/1';

/** Media type of a transcript: JSON texts, one in a line. */
export const transcriptType = 'application/x-ndjson';

/** What a transcript is made with. */
export interface TranscriptOptions {
  /** What was signed when the session ended; without it nobody can say that the whole is what was written. */
  readonly receipt?: Envelope | null;
}

/**
 * Writes a log out as a transcript, a file that can be checked years later without the service: a first line with format
 * and epoch; for each segment a line with its head, side index and body (gzip in base64; a dropped body is empty); a
 * last line with the receipt. The open segment of a log that still grows is left out.
 */
export async function* writeTranscript(
  source: LogSource,
  { receipt = null }: TranscriptOptions = {},
): AsyncGenerator<Uint8Array> {
  const { epoch } = await source.info();
  yield line({ format: transcriptFormat, epoch });
  for (const { n, chain } of await source.segments()) {
    const segment = chain === '' ? undefined : await source.segment(n);
    if (!segment) continue;
    yield line({ segment: segment.head, index: base64(segment.index), body: base64(segment.body) });
  }
  yield line({ receipt });
}

function line(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
