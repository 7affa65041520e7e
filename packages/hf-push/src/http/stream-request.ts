import { Readable } from 'node:stream';
import { headersOf, PlainAnswer, type Answer } from './answer.js';
import { openRequest } from './plain-fetch.js';
import { ANSWER_LIMIT, tooLarge } from './read-body.js';

/** A body of known length that is made while it is sent. The bytes of one piece are gone when the next is asked for. */
export interface StreamBody {
  readonly bytes: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/**
 * Sends a body piece by piece. Not by `fetch`: Node 20's holds hundreds of megabytes of a streamed upload and takes twice
 * the time (docs/adr/0009-own-commit-and-lfs-upload.md). Each piece is written before the next is read, so that one buffer
 * serves all. An answer that comes early ends the sending.
 */
export async function streamRequest(
  url: URL,
  options: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: StreamBody;
    readonly signal: AbortSignal;
  },
): Promise<Answer> {
  const request = await openRequest(url, {
    method: options.method,
    headers: { ...options.headers, 'content-length': options.body.bytes },
    signal: options.signal,
  });
  const answered = new Promise<Answer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_LIMIT) incoming.destroy(tooLarge(`${options.method} ${url.pathname}`, ANSWER_LIMIT));
        else chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const body = Readable.from([Buffer.concat(chunks)]);
        resolve(new PlainAnswer(incoming.statusCode ?? 0, url.href, headersOf(incoming), body));
      });
    });
  });
  const isAnswered = answered.then(
    () => true,
    () => true,
  );
  try {
    let sent = 0;
    let isEarly = false;
    for await (const piece of options.body.pieces()) {
      sent += piece.byteLength;
      const written = new Promise<boolean>((resolve) => request.write(piece, () => resolve(false)));
      isEarly = await Promise.race([written, isAnswered]);
      if (isEarly) break;
    }
    if (!isEarly && sent !== options.body.bytes)
      throw new Error(`${sent} bytes came where ${options.body.bytes} were announced`);
    if (!isEarly) request.end();
  } catch (error) {
    // What was being read is broken: the Hub must not take the beginning for the whole.
    request.destroy();
    await isAnswered;
    throw new BodyError(error);
  }
  try {
    return await answered;
  } finally {
    if (!request.writableFinished) request.destroy();
  }
}

/** The body could not be made: not the connection's fault, and not mended by another try. */
export class BodyError extends Error {
  constructor(cause: unknown) {
    super('The body of a request could not be made', { cause });
  }
}
