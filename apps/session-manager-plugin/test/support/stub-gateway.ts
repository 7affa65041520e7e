import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { StartedSession } from '@hawser/ssm-channel';

/** What one client said to {@link stubGateway}. */
export interface Opening {
  readonly headers: IncomingHttpHeaders;
  readonly message: Readonly<Record<string, string>>;
}

/** A gateway that notes what a client opens its channel with, and never answers. */
export async function stubGateway(): Promise<AsyncDisposable & { start: StartedSession; opened: Promise<Opening> }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened = new Promise<Opening>((resolve) => {
    server.once('connection', (socket, { headers }) => {
      socket.once('message', (data: Buffer) => {
        resolve({ headers, message: JSON.parse(data.toString()) as Record<string, string> });
      });
    });
  });
  return {
    start: { sessionId: 'stub-1', streamUrl: `ws://127.0.0.1:${port}/v1/data-channel/stub-1`, tokenValue: 'a-token' },
    opened,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
