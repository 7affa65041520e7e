import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerWith } from '../http/answer.js';
import { headersTimeoutMs, listen } from '../http/listen.js';
import type { Gateway } from './gateway.js';

/** How a gateway is put on a port. */
export interface ServeGatewayOptions {
  readonly gateway: Gateway;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** A gateway on its port. */
export interface ServedGateway extends AsyncDisposable {
  readonly url: string;
  /**
   * Lets everybody who is on know when to come again, spread over that time, and closes the port behind the last.
   * Probes are answered meanwhile.
   */
  drain(options: { readonly overMs: number }): Promise<void>;
  /** As draining, without taking time. */
  close(): Promise<void>;
}

/** Longer than load balancers keep idle connections, so that none hands a request to one that is being closed. */
const keepAliveMs = 620_000;

/**
 * Serves a gateway on a port of its own.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when the port cannot be had
 */
export async function serveGateway(options: ServeGatewayOptions): Promise<ServedGateway> {
  const { gateway, port = 0, host = '127.0.0.1' } = options;
  const server = createServer({ headersTimeout: headersTimeoutMs, keepAliveTimeout: keepAliveMs });
  server.on('request', (request, response) => {
    const secure = request.headers['x-forwarded-proto'] === 'https';
    void answerWith((asked, remoteAddress) => gateway.handle(asked, { remoteAddress, secure }), request, response);
  });
  server.on('upgrade', (request, socket, head) => void gateway.upgrade(request, socket, head));
  const url = await listen(server, port, host);
  const drain = async ({ overMs }: { readonly overMs: number }): Promise<void> => {
    if (!server.listening) return;
    await gateway.drain({ overMs });
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await closed;
  };
  const close = (): Promise<void> => drain({ overMs: 0 });
  return { url, drain, close, [Symbol.asyncDispose]: close };
}
