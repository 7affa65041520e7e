import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy on this machine that leads everywhere to one address, and remembers where it was asked to go. */
export class ConnectProxy implements AsyncDisposable {
  readonly connected: string[] = [];
  readonly #server = createServer();

  private constructor(leadsTo: string) {
    const { hostname, port } = new URL(leadsTo);
    this.#server.on('connect', (request: IncomingMessage, socket: Socket) => {
      this.connected.push(request.url ?? '');
      const far = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(far).pipe(socket);
      });
      for (const one of [socket, far]) one.on('error', () => undefined);
    });
  }

  static async start(leadsTo: string): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(leadsTo);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
