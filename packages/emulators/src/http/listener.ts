import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { EmulatorError } from '../errors.js';

/** A listening server that can be taken down and brought back on its port. */
export interface Listener {
  readonly port: number;
  readonly server: Server | TlsServer;
  start(): Promise<void>;
  /** Stops listening and destroys every connection. */
  stop(): Promise<void>;
}

/** Clients keep connections for later; one that is closed just as they use it again fails their request. */
const keepAliveMs = 120_000;

/** Makes a server, not yet listening: call {@link Listener.start}. Port 0 is any free one, and then stays the same. */
export function createListener(options: {
  readonly host: string;
  readonly port: number;
  /** Speaks TLS, with these certificates. */
  readonly tls?: ServerOptions;
  serve(raw: IncomingMessage, response: ServerResponse): void;
}): Listener {
  let port = options.port;
  const sockets = new Set<Socket>();
  const serve = (raw: IncomingMessage, response: ServerResponse): void => options.serve(raw, response);
  const server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  server.keepAliveTimeout = keepAliveMs;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    get port() {
      return port;
    },
    server,
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
