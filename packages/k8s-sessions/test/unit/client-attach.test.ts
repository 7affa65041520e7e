import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocketServer, type WebSocket } from 'ws';
import { attach, type AttachOptions, type View } from '../../src/client/index.js';
import { nodeSockets } from '../../src/client/node.js';
import { decodeClientFrame, encodeServerFrame } from '../../src/protocol/index.js';
import type { ClientFrame, ExitRecord, ServerFrame } from '../../src/protocol/index.js';
import { aHello } from '../support/client-model.js';

const exit: ExitRecord = { reason: 'nonzero', code: 3, signal: null, offset: 5, digest: null };
let server: Server;
let sockets: WebSocketServer;
let url = '';
let views: View[] = [];
/** Status with which handshakes are refused. */
let refuse: number | undefined;

beforeEach(async () => {
  refuse = undefined;
  sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  server = createServer((_request, response) => response.end('{}'));
  server.on('upgrade', (request, socket, head) => {
    if (refuse !== undefined) return socket.end(`HTTP/1.1 ${refuse} Refused\r\nconnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
    return undefined;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const view of views) view.close();
  views = [];
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

/** The other side of one socket. */
class Side {
  readonly heard: ClientFrame[] = [];
  readonly socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.heard.push(decodeClientFrame(data));
      for (const check of this.#waiting) check();
    });
  }

  say(...frames: readonly ServerFrame[]): void {
    for (const frame of frames) this.socket.send(encodeServerFrame(frame));
  }

  async hears<T extends ClientFrame['type']>(type: T): Promise<Extract<ClientFrame, { readonly type: T }>> {
    return new Promise((resolve) => {
      const check = (): void => {
        const frame = this.heard.find((one) => one.type === type);
        if (!frame) return;
        this.#waiting.delete(check);
        resolve(frame as Extract<ClientFrame, { readonly type: T }>);
      };
      this.#waiting.add(check);
      check();
    });
  }
}

async function next(): Promise<Side> {
  const [socket] = (await once(sockets, 'connection')) as [WebSocket];
  return new Side(socket);
}

async function open(options: Partial<AttachOptions>): Promise<View> {
  const view = await attach({ url, session: aHello.session, grant: 'secret', openSocket: nodeSockets(), ...options });
  views.push(view);
  return view;
}

const hello: ServerFrame = { type: 'hello', hello: aHello };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('attach', () => {
  test('shows, types, asks for history and ends with the command, over a socket that is cut in between', async () => {
    const shown: string[] = [];
    const side1 = next();
    const view = await open({ onOutput: (data) => void shown.push(Buffer.from(data).toString()) });
    const first = await side1;
    await first.hears('attach');
    first.say(hello, { type: 'out', offset: 0, data: bytes('hel') }, { type: 'ready', offset: 3 });
    view.type('ls\r');
    expect(await first.hears('in')).toMatchObject({ seq: 1 });

    const side2 = next();
    const page = view.history(0, 1);
    first.socket.terminate();
    const second = await side2;
    expect(await second.hears('attach')).toMatchObject({ since: 'e1:3' });
    second.say(hello, { type: 'out', offset: 2, data: bytes('llo') }, { type: 'ready', offset: 5 });
    expect(await second.hears('in')).toMatchObject({ seq: 1 });
    const { id } = await second.hears('history');
    second.say({ type: 'input-ack', seq: 1 }, { type: 'history', id, firstLine: 0, lines: ['hello'], total: 1 });
    expect(await page).toEqual({ firstLine: 0, lines: ['hello'], total: 1 });
    second.say({ type: 'exit', exit });
    expect(await view.ended).toEqual({ reason: 'exited', exit });
    expect(shown).toEqual(['hel', 'lo']);
    expect(view.state).toMatchObject({ link: 'ended', session: 'running', viewer: 'v1', exit });
  });

  test('what is slow to take output holds back what follows, and the credit for it', async () => {
    const side = next();
    const told: string[] = [];
    let take!: () => void;
    await open({
      onOutput: async () => new Promise((resolve) => (take = resolve)),
      onReady: () => void told.push('ready'),
    });
    const only = await side;
    await only.hears('attach');
    only.say(hello, { type: 'out', offset: 0, data: new Uint8Array(70_000) }, { type: 'ready', offset: 70_000 });
    only.socket.ping();
    await once(only.socket, 'pong');
    expect(told).toEqual([]);
    expect(only.heard.map(({ type }) => type)).toEqual(['attach']);
    take();
    expect(await only.hears('ack')).toEqual({ type: 'ack', offset: 70_000 });
    expect(told).toEqual(['ready']);
  });

  test.each([
    [401, 'revoked'],
    [404, 'unknown'],
  ])('a service that refuses with %i is not asked again: %s', async (status, reason) => {
    refuse = status;
    const view = await open({});
    expect(await view.ended).toMatchObject({ reason, message: expect.stringContaining(String(status)) });
  });

  test('a handler that throws ends the view with what it threw', async () => {
    const side = next();
    const view = await open({
      onOutput: () => {
        throw new Error('no room');
      },
    });
    const only = await side;
    only.say(hello, { type: 'out', offset: 0, data: bytes('x') });
    await expect(view.ended).rejects.toThrow('no room');
  });

  test('the signal ends it, and nobody who waits is forgotten', async () => {
    const side = next();
    const stop = new AbortController();
    const view = await open({ signal: stop.signal });
    await (await side).hears('attach');
    const page = view.history(0, 1);
    stop.abort();
    expect(await view.ended).toEqual({ reason: 'closed' });
    await expect(page).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_SERVICE_UNREACHABLE' });
  });

  test('the grant goes as a subprotocol of its own, beside the protocol', async () => {
    const offered = once(server, 'upgrade');
    await open({});
    const [request] = (await offered) as [{ readonly headers: Record<string, string>; readonly url: string }];
    expect(request.headers['sec-websocket-protocol']).toBe('tsess.v1,grant.secret');
    expect(request.url).toBe(`/ws/${aHello.session}`);
  });
});
