import type { IncomingMessage } from 'node:http';

/** What is read of an answer: the part of a `Response` that this package needs, which any `fetch` gives. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly url: string;
  readonly headers: AnswerHeaders;
  readonly body: AsyncIterable<Uint8Array> | null;
  arrayBuffer(): Promise<ArrayBuffer>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

/** Headers of an answer. */
export interface AnswerHeaders {
  get(name: string): string | null;
}

/** An answer over bytes that come, or have come. */
export class PlainAnswer implements Answer {
  readonly status: number;
  readonly url: string;
  readonly headers: AnswerHeaders;
  readonly body: AsyncIterable<Uint8Array>;

  constructor(status: number, url: string, headers: AnswerHeaders, body: AsyncIterable<Uint8Array>) {
    this.status = status;
    this.url = url;
    this.headers = headers;
    this.body = body;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = new Uint8Array(await this.#bytes());
    return buffer.slice(byteOffset, byteOffset + byteLength);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async text(): Promise<string> {
    return (await this.#bytes()).toString('utf8');
  }

  async #bytes(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.body) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

/** The headers of a message of Node. */
export function headersOf({ headers }: Pick<IncomingMessage, 'headers'>): AnswerHeaders {
  return {
    get: (name) => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
  };
}
