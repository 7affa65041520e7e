import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EmulatorError } from '../errors.js';

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
  /** 0: any free port, which stays the same over {@link HttpServer.stop} and {@link HttpServer.start}. */
  readonly port: number;
  /** Largest body read; more is answered 413. */
  readonly maxBodyBytes: number;
  answer(request: HttpRequest): Promise<HttpResponse> | HttpResponse;
  upgrade(request: HttpRequest, raw: IncomingMessage, socket: Socket, head: Buffer): void;
}

/** A listening server that can be taken down and brought back on its port. */
export interface HttpServer {
  readonly port: number;
  start(): Promise<void>;
  /** Stops listening and destroys every connection. */
  stop(): Promise<void>;
}

/** Clients keep connections for later; one that is closed just as they use it again fails their request. */
const keepAliveMs = 120_000;

/** Makes a server, not yet listening: call {@link HttpServer.start}. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  let port = options.port;
  const sockets = new Set<Socket>();
  const server = createServer((raw, response) => {
    void serve(options, raw, response);
  });
  server.keepAliveTimeout = keepAliveMs;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (raw: IncomingMessage, socket: Duplex, head: Buffer) => {
    options.upgrade(asRequest(raw, Buffer.alloc(0)), raw, socket as Socket, head);
  });
  return {
    get port() {
      return port;
    },
    start: () =>
      new Promise((resolve, reject) => {
        const failed = (cause: NodeJS.ErrnoException): void => {
          reject(
            new EmulatorError('HAWSER_EMULATOR_LISTEN', `Cannot listen on ${options.host}:${port}: ${cause.message}.`, {
              cause,
              details: { host: options.host, port },
            }),
          );
        };
        server.once('error', failed);
        server.listen(port, options.host, () => {
          server.off('error', failed);
          port = (server.address() as AddressInfo).port;
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function serve(options: HttpServerOptions, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(raw, options.maxBodyBytes);
    const answer = body === undefined ? { status: 413 } : await options.answer(asRequest(raw, body));
    const content = Buffer.from(answer.body ?? '');
    response.writeHead(answer.status, { 'content-length': content.length, ...answer.headers });
    response.end(content);
  } catch {
    // The connection broke while the body was being read: there is nobody left to answer.
    raw.destroy();
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
