import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { checkDial, dialKey, dialProof } from '../../src/runner/dial-token.js';
import type { DialClaim } from '../../src/runner/dial-types.js';

/** Stands where a runner would: proves itself, and does with messages what a test says. */
export interface FakeRunner extends AsyncDisposable {
  readonly port: number;
  readonly epoch: string;
  /** Base64url, as a session's row has it. */
  readonly dialKey: string;
  readonly claims: DialClaim[];
  /** Resolves with the next viewer's socket. */
  next(): Promise<WebSocket>;
  /** Sockets below the viewers', oldest first. */
  readonly sockets: Socket[];
  /** Paths asked over HTTP. */
  readonly asked: string[];
}

export interface FakeRunnerOptions {
  readonly session: string;
  readonly secret?: string;
  /** What it proves itself with; another secret makes it a stranger. */
  readonly provesWith?: string;
}

export async function startFakeRunner(options: FakeRunnerOptions): Promise<FakeRunner> {
  const { session, secret = 'secret', provesWith = secret } = options;
  const epoch = 'e'.repeat(32);
  const claims: DialClaim[] = [];
  const asked: string[] = [];
  const sockets: Socket[] = [];
  const ready: WebSocket[] = [];
  const waiting: ((socket: WebSocket) => void)[] = [];
  const proofOf = (request: IncomingMessage): string => {
    const token = (request.headers.authorization ?? '').replace(/^Dial /, '');
    const claim = checkDial(dialKey(secret), token, { session, nowMs: Date.now() });
    if (claim) claims.push(claim);
    return dialProof(dialKey(provesWith), claim?.nonce ?? '', epoch);
  };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('x-hawser-runner-proof', proofOf(request));
    response.writeHead(200, { 'content-type': 'text/plain' });
    request.pipe(response);
    if (request.method === 'GET') response.end(`live ${request.url}`);
  });
  const edge = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  edge.on('headers', (headers, request) => headers.push(`x-hawser-runner-proof: ${proofOf(request)}`));
  server.on('upgrade', (request, socket: Socket, head) => {
    sockets.push(socket);
    edge.handleUpgrade(request, socket, head, (opened) => {
      const taker = waiting.shift();
      if (taker) taker(opened);
      else ready.push(opened);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    epoch,
    dialKey: Buffer.from(dialKey(secret)).toString('base64url'),
    claims,
    asked,
    sockets,
    next: () => {
      const socket = ready.shift();
      return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of edge.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
