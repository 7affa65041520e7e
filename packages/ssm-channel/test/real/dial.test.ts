import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Dialer, openDialer } from '../../src/forward/dial.js';
import { TARGET, type World, digest, openWorld, sha256, text } from '../support/world.js';

const servers: Server[] = [];
const sockets: Socket[] = [];

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const echo = (socket: Socket): void => void socket.pipe(socket);

describe('connections made within this process', () => {
  let world: World;
  const dialers: Dialer[] = [];
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    await Promise.all(dialers.map((opened) => opened.close()));
    await world.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });

  async function dialer(port: number, lanes = 1): Promise<Dialer> {
    const [start, ...others] = await Promise.all(
      Array.from({ length: lanes }, () =>
        world.start('AWS-StartPortForwardingSession', { portNumber: [String(port)], localPortNumber: ['0'] }),
      ),
    );
    if (start === undefined) throw new Error('no lane was asked for');
    const opened = await openDialer({ start, lanes: others, api: world.api, target: TARGET });
    dialers.push(opened);
    return opened;
  }

  test('get their own bytes back, over all lanes', async () => {
    const opened = await dialer(await serve(echo), 2);
    expect([opened.mode, opened.sessionIds.length, opened.open]).toEqual(['mux', 2, true]);
    const sizes = Array.from({ length: 40 }, (_, index) => randomBytes(1_000 + index * 3_000));
    const backs = await Promise.all(
      sizes.map(async (bytes) => {
        const stream = opened.dial();
        stream.write(bytes);
        const back: Buffer[] = [];
        let count = 0;
        for await (const chunk of stream) {
          back.push(chunk as Buffer);
          count += (chunk as Buffer).length;
          if (count >= bytes.length) break;
        }
        return sha256(Buffer.concat(back));
      }),
    );
    expect(backs).toEqual(sizes.map(sha256));
    const received = opened.sessionIds.map(
      (id) => world.emulator.sessions.find((session) => session.id === id)?.received.bytes ?? 0,
    );
    expect(Math.min(...received)).toBeGreaterThan(100_000);
  });

  test('hear the whole answer after they said all they wanted to', async () => {
    const port = await serve((socket) => {
      socket.once('data', () => {
        for (let part = 0; part < 50; part++) socket.write(Buffer.alloc(20_000, part));
        socket.end();
      });
    });
    const stream = (await dialer(port)).dial();
    stream.end('question');
    expect((await digest(stream)).bytes).toBe(1_000_000);
  });

  test('a slow reader does not fill our memory and loses nothing', async () => {
    const port = await serve((socket) => {
      for (let part = 0; part < 24; part++) socket.write(Buffer.alloc(1 << 20, part));
      socket.end();
    });
    const stream = (await dialer(port)).dial();
    await once(stream, 'readable');
    await new Promise(setImmediate);
    expect(stream.readableLength).toBeLessThan(1 << 20);
    expect((await digest(stream)).bytes).toBe(24 << 20);
  });

  test('a destination that refuses breaks the connection with the reason, and the next one works', async () => {
    const port = await serve(echo);
    servers.pop()?.close();
    const opened = await dialer(port);
    const [error] = (await once(opened.dial(), 'error')) as [Error];
    expect(error).toMatchObject({ code: 'HAWSER_SSM_CONNECT_REFUSED' });
    const revived = createServer(echo).listen(port, '127.0.0.1');
    await once(revived, 'listening');
    servers.push(revived);
    const stream = opened.dial();
    stream.write('back');
    const [back] = (await once(stream, 'data')) as [Buffer];
    expect(back.toString()).toBe('back');
    stream.destroy();
  });

  test('the end of the session breaks a connection that was not over: half an answer never looks whole', async () => {
    const opened = await dialer(await serve((socket) => void socket.write('half an ans')));
    const stream = opened.dial();
    await once(stream, 'readable');
    const { sessionIds } = opened;
    await world.api.terminateSession(sessionIds[0] ?? '', {});
    await expect(text(stream)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(opened.open).toBe(false);
    expect((await opened.ended).reason).toBe('exited');
    const [late] = (await once(opened.dial(), 'error')) as [NodeJS.ErrnoException];
    expect(late.code).toBe('ECONNRESET');
    await expect(opened.check()).rejects.toMatchObject({ code: 'HAWSER_SSM_LINK_LOST' });
  });

  test('a sign of life is asked for, and its absence ends with the patience of who asked', async () => {
    const opened = await dialer(await serve(echo));
    await opened.check();
    world.emulator.gateway.stall(opened.sessionIds[0]);
    const patience = new AbortController();
    const asked = opened.check({ signal: patience.signal });
    patience.abort(new Error('no patience left'));
    await expect(asked).rejects.toThrow('no patience left');
  });
});
