import type { IncomingMessage } from 'node:http';
import type { HubAccount } from '../types.js';
import { Refusal } from './answer.js';

/** Who asks, as far as the token says. */
export interface Caller {
  readonly account: HubAccount;
  /** The one Space a token was exchanged for, if it was. */
  readonly only?: string;
}

/** A request on its way. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the pattern of the route caught, decoded. */
  readonly params: readonly string[];
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** Nobody, where no token came. */
  readonly caller: Caller | undefined;
  readonly body: Body;
  /** Ends when the connection does. */
  readonly signal: AbortSignal;
}

/** A body that is read once, and counted. */
export class Body implements AsyncIterable<Buffer> {
  readonly #raw: IncomingMessage;
  /** Bytes read so far. */
  bytes = 0;

  constructor(raw: IncomingMessage) {
    this.#raw = raw;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    // Who stops reading half-way still has an answer to send over the connection.
    for await (const chunk of this.#raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  /** All of it, or 413. */
  async buffer(limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this) {
      if (this.bytes > limit) throw new Refusal(413, `The body is larger than ${limit} bytes.`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** A JSON object, or 400. */
  async json(limit: number = maxJsonBytes): Promise<Readonly<Record<string, unknown>>> {
    const text = (await this.buffer(limit)).toString();
    try {
      const value = JSON.parse(text) as unknown;
      if (isRecord(value)) return value;
    } catch {
      // Said below, as for everything that is not an object.
    }
    throw new Refusal(400, 'The body is not a JSON object.');
  }
}

/** Larger than any preupload of 256 samples, and than any list of 1,000 paths. */
const maxJsonBytes = 4 << 20;

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
