import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { closeCodes, maxClientFrameBytes, subprotocol, ttydSubprotocol } from '../protocol/index.js';
import { answerWith } from '../http/answer.js';
import { debugPage } from './debug-page.js';
import { debugPassword } from './dial-token.js';
import type { RunnerAddress } from './dial-types.js';
import { createDoor, type Door } from './door.js';
import type { Hub } from './hub.js';
import { answerRoute } from './routes.js';
import { serveTtyd } from './ttyd.js';
import { serveViewer } from './viewer-socket.js';

export interface ServeRunnerOptions {
  readonly session: string;
  readonly epoch: string;
  /** The attempt's secret: dial key and debug password are derived from it. */
  readonly secret: string;
  readonly host: string;
  /** 7681 in a pod; 0 for any. */
  readonly port: number;
  /** The session, once there is one. */
  readonly hub: () => Hub | undefined;
  /** Resolves when there is one: whoever dials a moment too early is held until then. */
  readonly begun?: Promise<void>;
  /** Folder that `/files/` shows, once there is one. */
  readonly folder: () => string | undefined;
  readonly nowMs: () => number;
}

/** A runner's port. */
export interface RunnerServer {
  readonly address: RunnerAddress;
  /** Closes every socket and the port. Resolves when all are closed. */
  close(): Promise<void>;
}

/** How long a dial is held that comes before the session has begun: less than whoever dials waits. */
const holdMs = 4_000;

/** Serves a session on its port; see the paths of {@link RunnerAddress}. */
export async function serveRunner(options: ServeRunnerOptions): Promise<RunnerServer> {
  const door = createDoor(options);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxClientFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => [subprotocol, ttydSubprotocol].find((name) => offered.has(name)) ?? false,
  });
  sockets.on('headers', (headers, request) =>
    headers.push(...door.proof(request).map(([name, value]) => `${name}: ${value}`)),
  );
  const server = createServer((request, response) => void answer(options, door, request, response));
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const caller = door.caller(request);
    const path = pathOf(request);
    const isTtyd = path === '/ws';
    if (!caller || (path !== '/session' && !isTtyd) || (!caller.claim && !isTtyd)) return refuse(socket, 401);
    if (!options.hub()) await Promise.race([options.begun, delay(holdMs, undefined, { ref: false })]);
    const hub = options.hub();
    if (!hub) return refuse(socket, 503, door.proof(request));
    if (socket.destroyed) return;
    sockets.handleUpgrade(request, socket, head, (ws) => {
      if (isTtyd) serveTtyd(ws, hub, debugPassword(options.secret));
      else serveViewer(ws, socket, hub, caller.claim!);
    });
  };
  server.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy());
    void upgrade(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    close: async () => {
      for (const ws of sockets.clients) if (ws.readyState === ws.OPEN) ws.close(closeCodes.ended);
      const closed = closeServer(server);
      const patience = setTimeout(() => {
        for (const ws of sockets.clients) ws.terminate();
      }, 2000);
      await Promise.all([...sockets.clients].map((ws) => new Promise((resolve) => ws.once('close', resolve))));
      clearTimeout(patience);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

async function answer(
  options: ServeRunnerOptions,
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => response.destroy());
  const path = pathOf(request);
  if (path === '/healthz') return void response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
  const caller = door.caller(request);
  if (!caller) {
    const basic = { 'www-authenticate': 'Basic realm="runner"', 'content-type': 'text/plain' };
    return void response.writeHead(401, basic).end('The password of this session is wanted.\n');
  }
  for (const [name, value] of door.proof(request)) response.setHeader(name, value);
  if (path === '/') return debugPage(response);
  if (path === '/token') {
    const token = caller.claim ? '' : Buffer.from(`runner:${debugPassword(options.secret)}`).toString('base64');
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
  }
  if (!caller.claim) return void response.writeHead(403).end();
  const hub = options.hub();
  if (!hub) return void response.writeHead(503, { 'retry-after': '1' }).end();
  const { claim } = caller;
  await answerWith(async (asked) => answerRoute(asked, { hub, claim, folder: options.folder() }), request, response);
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://runner').pathname;
}

function refuse(socket: Duplex, status: number, headers: readonly (readonly [string, string])[] = []): void {
  const proof = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} Refused\r\n${proof}content-length: 0\r\nconnection: close\r\n\r\n`);
}
