import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { answerWith } from '../http/answer.js';
import { headersTimeoutMs, listen } from '../http/listen.js';
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
  const serve = (handle: (request: Request, remoteAddress: string) => Promise<Response>): Server => {
    const server = createServer({ headersTimeout: headersTimeoutMs, keepAliveTimeout: keepAliveMs });
    return server.on('request', (request, response) => {
      const answer = answerWith(handle, request, response).finally(() => underWay.delete(answer));
      underWay.add(answer);
    });
  };
  const api = serve((request, remoteAddress) => controller.handle(request, { remoteAddress }));
  const internal = serve((request) => controller.handleInternal(request));
  const url = await listen(api, port, host);
  let internalUrl: string;
  try {
    internalUrl = await listen(internal, internalPort, host);
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
  return { url, internalUrl, close, [Symbol.asyncDispose]: close };
}
