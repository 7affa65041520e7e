import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What an answer is made into before it is sent. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  /** The connection is cut when so many bytes of the answer (head and body) were sent. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'stall' }
  | { readonly kind: 'garble'; readonly body: string };

/** One question that was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A service on loopback that answers as a function says, and fails as a test wants. */
export class ApiServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** Taken from the front, one for each question; then `undefined`: all is well. */
  readonly faults: (Fault | undefined)[] = [];
  private readonly answer: (asked: Asked) => unknown;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  constructor(answer: (asked: Asked) => unknown) {
    this.answer = answer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/prod`;
  }

  async start(): Promise<this> {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.close();
    for (const socket of this.sockets) socket.destroy();
    if (server) await once(server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://x');
    const text = Buffer.concat(chunks).toString();
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname.replace('/prod', ''),
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.asked.push(asked);
    const fault = this.faults.shift();
    if (fault?.kind === 'stall') return;
    const [status, body] =
      fault?.kind === 'status'
        ? [fault.status, JSON.stringify(fault.body ?? {})]
        : fault?.kind === 'garble'
          ? [200, fault.body]
          : [200, JSON.stringify(await this.answer(asked)) ?? ''];
    const headers = fault?.kind === 'status' ? fault.headers : {};
    if (fault?.kind === 'cut') {
      const whole = Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      const socket = request.socket;
      socket.write(whole.subarray(0, fault.afterBytes), () => socket.destroy());
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  }
}
