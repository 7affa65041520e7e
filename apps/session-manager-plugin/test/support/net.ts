import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A server on a loopback port that sends back what it gets. */
export async function echoServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A loopback port nobody listens on. */
export async function closedPort(): Promise<number> {
  await using server = await echoServer();
  return server.port;
}

/** What comes back for these words from a server that answers at once; rejects when the connection ends instead. */
export async function exchange(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(words);
    return await new Promise((resolve, reject) => {
      socket.once('data', (answer: Buffer) => resolve(answer.toString()));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error(`The connection ended without an answer to ${words}`)));
    });
  } finally {
    socket.destroy();
  }
}
