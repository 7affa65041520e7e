import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import type { Backend } from '../backend.js';
import { ExecBackendError } from '../errors.js';
import { messageOf } from '../stores/file-errors.js';

/** How a service is put on a port. */
export interface ServeBackendOptions {
  readonly backend: Pick<Backend, 'handle' | 'sweep'>;
  /** Default 127.0.0.1. Any other address lets others in, as far as they have a key. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Names, beside the address itself, under which clients may ask for the service: for a proxy in front. */
  readonly allowedHosts?: readonly string[];
  /** How often everything that is not at its end is looked at, in milliseconds; default 60,000. */
  readonly sweepEveryMs?: number;
}

/** A service on a port. */
export interface ServedBackend extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Takes no more requests, lets those that are under way end, and resolves then. Those that only wait are let go. */
  close(): Promise<void>;
}

/** A request's body is bounded by the router; a client that sends its headers slowly is not waited for. */
const HEADERS_TIMEOUT_MS = 10_000;

/**
 * Serves an execution service over HTTP. Requests whose Host header names another than the address are refused, so that
 * no page in a browser gets in by a name of its own that points here (DNS rebinding); nothing is said about origins (CORS),
 * so no page reads an answer.
 *
 * @throws ExecBackendError HAWSER_EXEC_BACKEND_BAD_INPUT when the address cannot be had
 */
export async function serveBackend(options: ServeBackendOptions): Promise<ServedBackend> {
  const { backend, host = '127.0.0.1', port = 0, allowedHosts = [], sweepEveryMs = 60_000 } = options;
  const closing = new AbortController();
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS });
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  const names = new Set(
    [host, ...allowedHosts, ...(isLoopback(host) ? ['localhost'] : [])].map((name) => name.toLowerCase()),
  );
  server.on('request', (request, response) => {
    void answer(backend, request, response, { names, closing: closing.signal });
  });
  const sweeping = setInterval(() => void backend.sweep().catch(() => undefined), sweepEveryMs);
  sweeping.unref();
  const close = async (): Promise<void> => {
    clearInterval(sweeping);
    closing.abort();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await closed;
  };
  return { url: `http://${shown}:${bound}`, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    const failed = once(server, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([once(server.listen(port, host), 'listening'), failed]);
  } catch (error) {
    const why = messageOf(error);
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', `Cannot listen on ${host} port ${port}: ${why}.`, {
      hint: 'Choose another port, or 0 for any that is free.',
      cause: error,
    });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

async function answer(
  backend: Pick<Backend, 'handle'>,
  request: IncomingMessage,
  response: ServerResponse,
  served: { readonly names: ReadonlySet<string>; readonly closing: AbortSignal },
): Promise<void> {
  const host = (request.headers.host ?? '').toLowerCase();
  const name = host.replace(/:\d+$/, '');
  // An address cannot be pointed elsewhere, a name can.
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) === 0 && !served.names.has(name)) {
    request.resume();
    response.writeHead(421, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        error: `This service does not answer to the name ${JSON.stringify(host)}.`,
        code: 'invalid_request',
        request_id: '',
        retryable: false,
      }),
    );
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answered = await backend.handle(toWeb(request, host, AbortSignal.any([gone.signal, served.closing])));
  // A server that is closing says so, or its clients would keep the connection.
  const closing = served.closing.aborted ? { connection: 'close' } : {};
  response.writeHead(answered.status, { ...Object.fromEntries(answered.headers), ...closing });
  response.end(Buffer.from(await answered.arrayBuffer()));
}

function toWeb(request: IncomingMessage, host: string, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const method = request.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://${host}${request.url ?? '/'}`, {
    method,
    headers,
    signal,
    ...(hasBody && { body: request as unknown as ReadableStream, duplex: 'half' }),
  });
}
