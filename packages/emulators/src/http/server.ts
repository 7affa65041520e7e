import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createListener, type Listener } from './listener.js';

/** A complete request: the body has been read. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** Lower-case names; repeated headers joined with `,`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What to answer. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** What a server does. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port, which stays the same over {@link Listener.stop} and {@link Listener.start}. */
  readonly port: number;
  /** Largest body read; more is answered 413. */
  readonly maxBodyBytes: number;
  answer(request: HttpRequest): Promise<HttpResponse> | HttpResponse;
  upgrade(request: HttpRequest, raw: IncomingMessage, socket: Socket, head: Buffer): void;
}

/** Makes a server, not yet listening: call {@link Listener.start}. */
export function createHttpServer(options: HttpServerOptions): Listener {
  const listener = createListener({
    host: options.host,
    port: options.port,
    serve: (raw, response) => void serve(options, raw, response),
  });
  listener.server.on('upgrade', (raw: IncomingMessage, socket: Duplex, head: Buffer) => {
    options.upgrade(asRequest(raw, Buffer.alloc(0)), raw, socket as Socket, head);
  });
  return listener;
}

async function serve(options: HttpServerOptions, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(raw, options.maxBodyBytes);
    const answer = body === undefined ? { status: 413 } : await options.answer(asRequest(raw, body));
    const content = Buffer.from(answer.body ?? '');
    response.writeHead(answer.status, { 'content-length': content.length, ...answer.headers });
    response.end(content);
  } catch {
    // The connection broke while the body was being read, or the answer is one that gets lost.
    raw.socket.destroy();
  }
}

async function readBody(raw: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size <= limit ? Buffer.concat(chunks) : undefined;
}

function asRequest(raw: IncomingMessage, body: Buffer): HttpRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return { method: raw.method ?? 'GET', url: raw.url ?? '/', headers, body };
}
