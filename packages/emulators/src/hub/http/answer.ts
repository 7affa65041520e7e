import type { Readable } from 'node:stream';

/** What to answer: `json`, or bytes, or a stream, or nothing. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string | Buffer | Readable;
}

/** `X-Error-Code` of a refusal, which official clients tell their errors by. */
export type RefusalCode = 'RepoNotFound' | 'RevisionNotFound' | 'EntryNotFound';

/** A request that is refused, in the Hub's error shape: `{ error }` and headers. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    message: string,
    options: {
      readonly code?: RefusalCode;
      readonly headers?: Readonly<Record<string, string>>;
      /** Further members of the body. */
      readonly more?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = { ...options.headers, ...(options.code === undefined ? {} : { 'X-Error-Code': options.code }) };
    this.more = options.more ?? {};
  }

  get answer(): Answer {
    return {
      status: this.status,
      headers: { ...this.headers, 'X-Error-Message': this.message.replace(/[^\x20-\x7e]+/gu, ' ') },
      json: { error: this.message, ...this.more },
    };
  }
}

/** A JSON answer. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers, json: value };
}
