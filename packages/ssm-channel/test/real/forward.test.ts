import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openSession } from '../../src/session/open.js';
import { forwardPort } from '../../src/forward/open.js';
import { TARGET, type World, digest, openWorld, sha256 } from '../support/world.js';

const servers: Server[] = [];

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const echo = (socket: Socket): void => void socket.pipe(socket);

/** Sends everything, closes when as much came back, and gives what came back. */
async function roundTrip(port: number, sent: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1' });
  const back: Buffer[] = [];
  let bytes = 0;
  socket.write(sent);
  for await (const chunk of socket) {
    back.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes >= sent.length) break;
  }
  return Buffer.concat(back);
}

describe('port forwarding', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    await world.close();
    for (const server of servers) server.close();
  });

  test('fetches a page through the tunnel', async () => {
    const web = createHttpServer((_request, response) => response.end('<h1>behind the bastion</h1>')).listen(
      0,
      '127.0.0.1',
    );
    await once(web, 'listening');
    const forward = await world.forward((web.address() as AddressInfo).port);
    expect(forward.mode).toBe('mux');
    for (const host of ['127.0.0.1', '[::1]']) {
      const answer = await fetch(`http://${host}:${forward.address.port}/`);
      expect(await answer.text()).toBe('<h1>behind the bastion</h1>');
    }
    await forward.close();
    web.closeAllConnections();
    web.close();
  });

  test('200 connections at once all get their own bytes back', async () => {
    const forward = await world.forward(await serve(echo));
    const sizes = Array.from({ length: 200 }, (_, index) => randomBytes(1_000 + index * 300));
    const backs = await Promise.all(sizes.map((bytes) => roundTrip(forward.address.port, bytes)));
    expect(backs.map(sha256)).toEqual(sizes.map(sha256));
    await forward.close();
  });

  test('a local program that stops sending still hears the whole answer', async () => {
    const port = await serve((socket) => {
      socket.once('data', () => {
        for (let part = 0; part < 50; part++) socket.write(Buffer.alloc(20_000, part));
        socket.end();
      });
    });
    const forward = await world.forward(port);
    const client = connect({ port: forward.address.port, host: '127.0.0.1', allowHalfOpen: true });
    client.end('question');
    expect((await digest(client)).bytes).toBe(1_000_000);
    await forward.close();
  });

  test('a destination that refuses shows as a reset and an event, and the tunnel lives on', async () => {
    const port = await serve(echo);
    const gone = servers.pop();
    gone?.close();
    const forward = await world.forward(port);
    const told = once(forward, 'connect-error');
    const client = connect({ port: forward.address.port, host: '127.0.0.1' });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(await told).toEqual([{ sessionId: forward.sessionIds[0] }]);
    const revived = createServer(echo).listen(port, '127.0.0.1');
    await once(revived, 'listening');
    servers.push(revived);
    expect((await roundTrip(forward.address.port, Buffer.from('back'))).toString()).toBe('back');
    await forward.close();
  });

  test('a slow reader does not fill our memory and loses nothing', async () => {
    const sent = randomBytes(1 << 20);
    const port = await serve((socket) => {
      for (let part = 0; part < 24; part++) socket.write(sent);
      socket.end();
    });
    const forward = await world.forward(port);
    const client = connect({ port: forward.address.port, host: '127.0.0.1' });
    await once(client, 'readable');
    expect((await digest(client)).bytes).toBe(24 << 20);
    await forward.close();
  });

  test('listens on a unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-forward-'));
    const path = join(folder, 'web.sock');
    const forward = await world.forward(await serve(echo), { listen: { path } });
    expect(forward.address).toEqual({ port: 0, hosts: [path], path });
    const client = connect({ path });
    client.write('over the socket');
    const [back] = (await once(client, 'data')) as [Buffer];
    expect(back.toString()).toBe('over the socket');
    client.destroy();
    await forward.close();
    await rm(folder, { recursive: true });
  });

  test('lanes share the connections and outlive each other', async () => {
    const port = await serve(echo);
    const lanes = await Promise.all(
      [1, 2].map(() => world.start('AWS-StartPortForwardingSession', { portNumber: [String(port)] })),
    );
    const forward = await world.forward(port, { lanes });
    expect(forward.sessionIds).toHaveLength(3);
    const held = await Promise.all(
      [1, 2, 3].map(async (value) => {
        const client = connect({ port: forward.address.port, host: '127.0.0.1' });
        client.write(String(value));
        await once(client, 'data');
        return client;
      }),
    );
    const received = forward.sessionIds.map(
      (id) => world.emulator.sessions.find((session) => session.id === id)?.received.bytes ?? 0,
    );
    expect(received.every((bytes) => bytes > 0)).toBe(true);
    const dropped = held.map((client) => once(client, 'close'));
    await world.api.terminateSession(forward.sessionIds[0] as string, {});
    await Promise.race(dropped);
    for (const client of held) client.destroy();
    expect((await roundTrip(forward.address.port, Buffer.from('still here'))).toString()).toBe('still here');
    await forward.close();
  });

  test('a taken local port is found before any session is opened', async () => {
    const port = await serve(echo);
    await expect(world.forward(port, { listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'HAWSER_SSM_PORT_IN_USE',
    });
  });

  test('metadata addresses are refused by the agent, in its words', async () => {
    const start = await world.start('AWS-StartPortForwardingSessionToRemoteHost', {
      host: ['169.254.169.254'],
      portNumber: ['80'],
    });
    const forward = await forwardPort({ start, api: world.api, target: TARGET });
    expect(await forward.ended).toMatchObject({
      reason: 'failed',
      output: expect.stringContaining('Forwarding to IP address 169.254.169.254 is forbidden'),
      error: { code: 'HAWSER_SSM_CONNECT_REFUSED' },
    });
  });

  test('an SSH session whose destination refuses says so', async () => {
    const port = await serve(echo);
    servers.pop()?.close();
    const start = await world.start('AWS-StartSSHSession', { portNumber: [String(port)] });
    const session = await openSession({ start, api: world.api, target: TARGET });
    expect(await session.ended).toMatchObject({ reason: 'failed', error: { code: 'HAWSER_SSM_CONNECT_REFUSED' } });
  });

  test('a byte-stream session cannot be opened as a forwarded port', async () => {
    const start = await world.start('AWS-StartSSHSession', { portNumber: [String(await serve(echo))] });
    await expect(forwardPort({ start, api: world.api })).rejects.toMatchObject({ code: 'HAWSER_SSM_BAD_INPUT' });
  });
});

describe('port forwarding to an old agent', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ agent: { version: '3.0.100.0' } });
  });
  afterAll(() => world.close());
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  test('carries one connection after the other, each with its own bytes', async () => {
    const forward = await world.forward(await serve(echo));
    expect(forward.mode).toBe('basic');
    const sizes = Array.from({ length: 6 }, (_, index) => randomBytes(100_000 + index));
    const backs = await Promise.all(sizes.map((bytes) => roundTrip(forward.address.port, bytes)));
    expect(backs.map(sha256)).toEqual(sizes.map(sha256));
    await forward.close();
  });

  test('what the destination says first is kept for the first connection', async () => {
    const forward = await world.forward(
      await serve(
        (socket) =>
          void socket
            .resume()
            .once('end', () => socket.end())
            .write('220 ready\r\n'),
      ),
    );
    const client = connect({ port: forward.address.port, host: '127.0.0.1' });
    const [banner] = (await once(client, 'data')) as [Buffer];
    expect(banner.toString()).toBe('220 ready\r\n');
    client.destroy();
    await forward.close();
  });
});
