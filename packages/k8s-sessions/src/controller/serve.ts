import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SessionsError } from '../errors.js';
import type { Controller } from './create-controller.js';

/** How a controller is put on its ports. */
export interface ServeControllerOptions {
  readonly controller: Controller;
  /** Of the API. Default 0: any free one. */
  readonly port?: number;
  /** For runners, probes and scrapes. Default 0. */
  readonly internalPort?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** A controller on its ports. */
export interface ServedController extends AsyncDisposable {
  readonly url: string;
  readonly internalUrl: string;
  /** Drains the controller, lets what is under way end, and closes both ports. */
  close(): Promise<void>;
}

/** Whoever sends headers slowly is not waited for. */
const headersTimeoutMs = 10_000;
/** Longer than proxies keep idle connections, so that none hands a request to one that is being closed. */
const keepAliveMs = 75_000;

/**
 * Serves a controller: one port for the API, one for runners.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when a port cannot be had
 */
export async function serveController(options: ServeControllerOptions): Promise<ServedController> {
  const { controller, port = 0, internalPort = 0, host = '127.0.0.1' } = options;
  const underWay = new Set<Promise<void>>();
  const api = await listen(host, port, underWay, (request, remoteAddress) =>
    controller.handle(request, { remoteAddress }),
  );
  let internal: Server;
  try {
    internal = await listen(host, internalPort, underWay, (request) => controller.handleInternal(request));
  } catch (error) {
    api.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    const closed = [api, internal].filter((server) => server.listening).map((server) => once(server, 'close'));
    for (const server of [api, internal]) server.close();
    await controller.close();
    await Promise.all(underWay);
    // What is left has no request: it was kept for another, or opened and never used.
    for (const server of [api, internal]) server.closeAllConnections();
    await Promise.all(closed);
  };
  return { url: urlOf(host, api), internalUrl: urlOf(host, internal), close, [Symbol.asyncDispose]: close };
}

async function listen(
  host: string,
  port: number,
  underWay: Set<Promise<void>>,
  handle: (request: Request, remoteAddress: string) => Promise<Response>,
): Promise<Server> {
  const server = createServer({ headersTimeout: headersTimeoutMs, keepAliveTimeout: keepAliveMs });
  server.on('request', (request, response) => {
    const answer = answerWith(handle, request, response).finally(() => underWay.delete(answer));
    underWay.add(answer);
  });
  try {
    const failed = once(server, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([once(server.listen(port, host), 'listening'), failed]);
  } catch (error) {
    const why = (error as Error).message;
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `Cannot listen on ${host} port ${port}: ${why}.`, {
      hint: 'Choose another port, or 0 for any that is free.',
      cause: error,
    });
  }
  return server;
}

function urlOf(host: string, server: Server): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Answers one request of Node's with what a handler of web requests says, streaming both ways. */
export async function answerWith(
  handle: (request: Request, remoteAddress: string) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let asked: Request;
  try {
    asked = toWeb(request, gone.signal);
  } catch {
    request.resume();
    response.writeHead(400).end();
    return;
  }
  const answered = await handle(asked, request.socket.remoteAddress ?? '');
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (!answered.body || request.method === 'HEAD') {
    await answered.body?.cancel();
    response.end();
    return;
  }
  response.flushHeaders();
  // Whoever went away is not told.
  await pipeline(Readable.fromWeb(answered.body), response).catch(() => undefined);
}

function toWeb(request: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const method = request.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://${request.headers.host ?? 'localhost'}${request.url ?? '/'}`, {
    method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(request), duplex: 'half' }),
  });
}
