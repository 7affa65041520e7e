import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { encodeFlag, FlagPayload, parseChannelClosed, PayloadType } from '@hawser/ssm-channel/codec';
import { createMux, type MuxWish } from '@hawser/ssm-channel/smux';
import { startBench, type Bench } from '../support/emulator.js';
import type { RawClient } from '../support/raw-client.js';
import { freePort } from '../../../../test/support/free-port.js';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A destination; its connections are kept, in order. */
async function serve(onConnection: (socket: Socket) => void, where: string | number = 0) {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    accepted.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(server);
  server.listen(where);
  await once(server, 'listening');
  const address = server.address();
  return { server, accepted, port: typeof address === 'string' ? 0 : (address as AddressInfo).port };
}

const basicClient = '1.1.54.0';
const output = async (client: RawClient): Promise<string> =>
  parseChannelClosed((await client.frame('channel_closed')).payload).output;

async function openPort(
  bench: Bench,
  document: string,
  parameters: Readonly<Record<string, string>>,
  clientVersion?: string,
): Promise<RawClient> {
  const client = await bench.open(document, parameters);
  await client.shakeHands(clientVersion);
  await client.complete();
  return client;
}

/** The client's end of a mux over a raw client. */
function muxOver(client: RawClient) {
  const mux = createMux({ role: 'client' });
  const wishes: MuxWish[] = [];
  let fed = 0;
  const flush = (): void => {
    for (let frame = mux.next(); frame !== undefined; frame = mux.next()) client.send(PayloadType.Output, frame);
  };
  const pull = (): void => {
    const stream = client.bytes();
    mux.receive(stream.subarray(fed), 0);
    fed = stream.length;
    wishes.push(...mux.take());
  };
  return {
    open: (first = ''): number => {
      const id = mux.open(0);
      if (first !== '') mux.write(id, Buffer.from(first));
      flush();
      return id;
    },
    write: (id: number, bytes: Buffer): void => {
      mux.write(id, bytes);
      flush();
    },
    close: (id: number): void => {
      mux.close(id);
      flush();
    },
    data: (id: number, length: number): Promise<Buffer> =>
      client.until(() => {
        pull();
        const bytes = Buffer.concat(
          wishes.flatMap((wish) => (wish.do === 'data' && wish.id === id ? [wish.bytes] : [])),
        );
        return bytes.length >= length && bytes;
      }),
    fin: (id: number): Promise<true> =>
      client.until(() => {
        pull();
        return wishes.some((wish) => wish.do === 'fin' && wish.id === id);
      }),
  };
}

describe('a multiplexed port session', () => {
  test('echoes over many streams at once, each by itself', async () => {
    const bench = await startBench();
    const { port, accepted } = await serve((socket) => socket.pipe(socket));
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(port) });
    const mux = muxOver(client);
    const ids = Array.from({ length: 20 }, (_, index) => mux.open(`stream ${index};`));
    for (const [index, id] of ids.entries()) {
      expect(String(await mux.data(id, `stream ${index};`.length))).toBe(`stream ${index};`);
    }
    expect(accepted).toHaveLength(20);
    expect(bench.emulator.sessions[0]!.received.bytes).toBeGreaterThan(20 * 16);
  });

  test('has no half-close: the end of either side closes both', async () => {
    const bench = await startBench();
    const { port, server } = await serve((socket) => socket.resume());
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(port) });
    const mux = muxOver(client);
    const connection = async (id: () => number): Promise<readonly [number, Socket]> => {
      const connected = once(server, 'connection');
      const stream = id();
      const [socket] = (await connected) as [Socket];
      return [stream, socket];
    };
    const [closedHere, first] = await connection(() => mux.open('x'));
    mux.close(closedHere);
    await once(first, 'end');
    // The agent's end is closed as a whole, so that writing to it fails; a half-closed one would take it all.
    while (!first.destroyed) {
      first.write('too late');
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [closedThere, second] = await connection(() => mux.open('x'));
    second.end('last words');
    expect(String(await mux.data(closedThere, 10))).toBe('last words');
    await mux.fin(closedThere);
    expect(client.bytes().includes('too late')).toBe(false);
  });

  test('says when the destination refuses, and closes that stream only', async () => {
    const bench = await startBench();
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(await freePort()) });
    const mux = muxOver(client);
    const id = mux.open('x');
    const flag = await client.until(() => client.data.find(({ payloadType }) => payloadType === PayloadType.Flag));
    expect([...flag.payload]).toEqual([0, 0, 0, FlagPayload.ConnectToPortError]);
    await mux.fin(id);
    expect(bench.emulator.sessions[0]!.state).toBe('Connected');
  });

  test('stops acknowledging while a destination reads nothing, and goes on where it stood', async () => {
    const bench = await startBench();
    const hashes: number[] = [];
    const { port, accepted } = await serve((socket) => socket.pause());
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(port) });
    const mux = muxOver(client);
    const id = mux.open();
    const total = 24 * 1024 * 1024;
    const block = Buffer.alloc(65_536, 'b');
    for (let sent = 0; sent < total; sent += block.length) mux.write(id, block);
    await client.acknowledged(2);
    client.socket.ping();
    await once(client.socket, 'pong');
    expect(client.frames.filter(({ messageType }) => messageType === 'acknowledge').length).toBeLessThan(client.next);
    let received = 0;
    await new Promise<void>((resolve) => {
      accepted[0]!.on('data', (bytes) => {
        received += bytes.length;
        hashes.push(bytes[0]!);
        // What overflowed the agent's backlog was not acknowledged; this client repeats nothing.
        if (received >= 8 * 1024 * 1024) resolve();
      });
      accepted[0]!.resume();
    });
    expect(hashes.every((byte) => byte === 'b'.charCodeAt(0))).toBe(true);
  });

  test('ends with the TerminateSession flag, without a word', async () => {
    const bench = await startBench();
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: '9' });
    client.send(PayloadType.Flag, encodeFlag(FlagPayload.TerminateSession));
    expect(await output(client)).toBe('');
  });

  test('of an agent that does not know the flag goes on', async () => {
    const bench = await startBench({ agent: { version: '2.3.722.0' } });
    const { port } = await serve((socket) => socket.pipe(socket));
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(port) });
    await client.deliver(PayloadType.Flag, encodeFlag(FlagPayload.TerminateSession));
    await client.deliver(PayloadType.Output, 'still here');
    expect(await client.prints('still here')).toBe('still here');
  });

  test('ends when the client speaks no smux', async () => {
    const bench = await startBench();
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: '9' });
    client.send(PayloadType.Output, 'GET / HTTP/1.1\r\n');
    expect(await output(client)).toBe('');
  });

  test('reaches a unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-emulators-'));
    try {
      const socket = join(folder, 'destination.sock');
      await serve((connection) => connection.end('from a unix socket'), socket);
      const bench = await startBench();
      const client = await openPort(bench, 'AWS-StartPortForwardingSessionToSocket', { socket });
      const mux = muxOver(client);
      expect(String(await mux.data(mux.open(), 18))).toBe('from a unix socket');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a basic port session', () => {
  test('dials before it takes input, and tells of the failure', async () => {
    const bench = await startBench();
    const port = String(await freePort());
    const client = await bench.open('AWS-StartPortForwardingSession', { portNumber: port });
    await client.shakeHands(basicClient);
    expect(await output(client)).toBe(
      `Unable to connect to specified port: dial tcp localhost:${port}: connect: connection refused`,
    );
  });

  test('is served to clients too old to multiplex, one connection after the other', async () => {
    const bench = await startBench();
    const { port, accepted } = await serve((socket) =>
      socket.on('data', (bytes) => socket.write(`<${String(bytes)}>`)),
    );
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(port) }, basicClient);
    await client.deliver(PayloadType.Output, 'one');
    await client.prints('<one>');
    client.send(PayloadType.Flag, encodeFlag(FlagPayload.DisconnectToPort));
    await client.acknowledged(client.next - 1);
    client.send(PayloadType.Output, 'two');
    await client.prints('<one><two>');
    expect(accepted).toHaveLength(2);
  });

  test('dials again with the next input after the far side closed, and tells nobody', async () => {
    const bench = await startBench();
    const { port, accepted } = await serve((socket) =>
      socket.once('data', (bytes) => socket.end(`<${String(bytes)}>`)),
    );
    const client = await openPort(bench, 'AWS-StartPortForwardingSession', { portNumber: String(port) }, basicClient);
    for (const word of ['one', 'two', 'three']) {
      await client.deliver(PayloadType.Output, word);
      await client.prints(`<${word}>`);
      await once(accepted.at(-1)!, 'close');
    }
    expect(client.bytes().toString()).toBe('<one><two><three>');
    expect(client.data.every(({ payloadType }) => payloadType !== PayloadType.Flag)).toBe(true);
    expect(bench.emulator.sessions[0]!.state).toBe('Connected');
  });

  test('of SSH ends with its connection, when everything was delivered', async () => {
    const bench = await startBench();
    const page = Buffer.alloc(1_000_000, 'p');
    const { port } = await serve((socket) => socket.end(page));
    const client = await openPort(bench, 'AWS-StartSSHSession', { portNumber: String(port) });
    expect(await output(client)).toBe('');
    expect(client.bytes().equals(page)).toBe(true);
  });

  test('keeps a lone newline as it is', async () => {
    const bench = await startBench();
    const { port } = await serve((socket) => socket.pipe(socket));
    const client = await openPort(bench, 'AWS-StartSSHSession', { portNumber: String(port) });
    await client.deliver(PayloadType.Output, '\n');
    await client.until(() => client.bytes().length === 1);
    expect(client.bytes()).toEqual(Buffer.from('\n'));
  });
});

describe('destinations the agent refuses', () => {
  const refusal = async (host: string, agent = {}): Promise<string> => {
    const bench = await startBench({ agent });
    const client = await bench.open('AWS-StartPortForwardingSessionToRemoteHost', { host, portNumber: '80' });
    await client.shakeHands();
    return output(client);
  };

  test.each([
    '169.254.169.254',
    '169.254.169.253',
    '169.254.169.123',
    '169.254.169.250',
    '169.254.169.251',
    'fd00:ec2::254',
    'fd00:ec2::253',
    'fd00:ec2::123',
    'fd00:ec2::240',
    'fd00:0ec2:0:0:0:0:0:254',
    '::ffff:169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    'fd00:ec2::23',
    'localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
  ])('%s', async (host) => {
    expect(await refusal(host)).toBe(`Forwarding to IP address ${host} is forbidden.`);
  });

  test('and those the test adds', async () => {
    expect(await refusal('db.internal', { forbiddenHosts: ['db.internal'] })).toBe(
      'Forwarding to IP address db.internal is forbidden.',
    );
  });

  test('older agents reach their own loopback by name', async () => {
    const bench = await startBench({ agent: { version: '3.3.4800.0' } });
    const { port } = await serve((socket) => socket.end('older'));
    const client = await openPort(bench, 'AWS-StartPortForwardingSessionToRemoteHost', {
      host: '127.0.0.1',
      portNumber: String(port),
    });
    const mux = muxOver(client);
    expect(String(await mux.data(mux.open(), 5))).toBe('older');
  });
});
