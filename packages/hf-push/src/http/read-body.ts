import { HfPushError } from '../errors.js';
import type { Answer } from './answer.js';

/** No answer to what this package asks is larger: files in git have at most 10 MiB. */
export const ANSWER_LIMIT: number = 64 << 20;

/**
 * The bytes of an answer.
 *
 * @throws HfPushError HAWSER_HF_PROTOCOL as soon as there are more than {@link ANSWER_LIMIT}; the rest is not read.
 */
export async function readBody(response: Pick<Answer, 'body'>, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_LIMIT) throw tooLarge(what, ANSWER_LIMIT);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function tooLarge(what: string, limitBytes: number): HfPushError {
  return new HfPushError('HAWSER_HF_PROTOCOL', `The answer to ${what} has more than ${limitBytes} bytes`, {
    details: { limitBytes },
  });
}
