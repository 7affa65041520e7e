import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrameFollower } from '../../src/gateway/frame-follower.js';
import { splice } from '../../src/gateway/splice.js';
import { acceptOf, binaryMessage, closeFrame } from '../../src/gateway/ws-frames.js';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Two ends of one connection on the loopback. */
async function pair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  server.close();
  open.push(near, far);
  return [near, far];
}

interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly masked: boolean;
  readonly length: number;
}

function bytesOf({ opcode, fin, masked, length }: Frame): Buffer {
  const plain = binaryMessage(new Uint8Array(length).fill(0x82));
  plain[0] = (fin ? 0x80 : 0) | opcode;
  const headerBytes = plain.length - length;
  if (!masked) return plain;
  plain[1] = plain[1]! | 0x80;
  return Buffer.concat([plain.subarray(0, headerBytes), Buffer.alloc(4, 0x81), plain.subarray(headerBytes)]);
}

describe('following frames', () => {
  const frame = fc.record({
    opcode: fc.constantFrom(0x1, 0x2),
    masked: fc.boolean(),
    length: fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000),
    pieces: fc.integer({ min: 1, max: 3 }),
    pinged: fc.boolean(),
  });

  test('finds every end of a message, and no other place, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9000 })),
        (messages, cuts) => {
          const ends = new Set<number>([0]);
          const chunks: Buffer[] = [];
          let at = 0;
          for (const { opcode, masked, length, pieces, pinged } of messages) {
            for (let piece = 0; piece < pieces; piece++) {
              const fin = piece === pieces - 1;
              const bytes = bytesOf({ opcode: piece === 0 ? opcode : 0, fin, masked, length });
              chunks.push(bytes);
              at += bytes.length;
              if (fin) ends.add(at);
              if (!pinged) continue;
              const ping = bytesOf({ opcode: 0x9, fin: true, masked, length: 3 });
              chunks.push(ping);
              at += ping.length;
              if (fin) ends.add(at);
            }
          }
          const all = Buffer.concat(chunks);
          const follower = new FrameFollower();
          for (let from = 0; from < all.length;) {
            const to = Math.min(all.length, from + (cuts.next().value as number));
            const last = [...ends].filter((end) => end >= from && end <= to).at(-1);
            expect(follower.follow(all.subarray(from, to))).toBe(last === undefined ? -1 : last - from);
            expect(follower.atBoundary).toBe(ends.has(to));
            from = to;
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('tells the opcode of each frame', () => {
    const opcodes: number[] = [];
    const follower = new FrameFollower((opcode) => opcodes.push(opcode));
    follower.follow(Buffer.concat([binaryMessage(Buffer.from('a')), closeFrame(1000, 'bye')]));
    expect(opcodes).toEqual([2, 8]);
  });

  test('answers the key of RFC 6455 §1.3 as printed there', () => {
    expect(acceptOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('two sockets that are one', () => {
  test('pass on what came with the handshakes first, then everything, in both directions', async () => {
    const [client, clientEnd] = await pair();
    const [runner, runnerEnd] = await pair();
    const counted = { in: 0, out: 0 };
    const { ended } = splice({
      client: clientEnd,
      runner: runnerEnd,
      fromClient: [Buffer.from('early')],
      fromRunner: binaryMessage(Buffer.from('hello')),
      follower: new FrameFollower(),
      onBytes: (direction, bytes) => (counted[direction] += bytes),
    });
    const [toRunner, toClient] = [collect(runner), collect(client)];
    client.end(Buffer.from(' and late'));
    expect(await ended).toBe('client');
    runner.end();
    expect((await toRunner).toString()).toBe('early and late');
    expect(await toClient).toEqual(binaryMessage(Buffer.from('hello')));
    expect(counted).toEqual({ in: 14, out: 7 });
  });

  test('hold a runner back that is faster than its viewer, and lose nothing', async () => {
    const [client, clientEnd] = await pair();
    const [runner, runnerEnd] = await pair();
    let passed = 0;
    splice({
      client: clientEnd,
      runner: runnerEnd,
      fromClient: [],
      fromRunner: Buffer.alloc(0),
      follower: new FrameFollower(),
      onBytes: (_direction, bytes) => (passed += bytes),
    });
    const message = binaryMessage(new Uint8Array(65_536).fill(7));
    const total = message.length * 400;
    const still = once(runnerEnd, 'pause');
    // The viewer reads nothing: what comes must be left where it comes from.
    for (let sent = 0; sent < total; sent += message.length) runner.write(message);
    await still;
    expect(clientEnd.writableLength).toBeLessThan(500_000);
    expect(passed).toBeLessThan(total);
    const got = collect(client);
    runner.end();
    expect((await got).length).toBe(total);
  });

  test('end the runner of a viewer that is gone, and the viewer of a runner that is', async () => {
    for (const gone of ['client', 'runner'] as const) {
      const [client, clientEnd] = await pair();
      const [runner, runnerEnd] = await pair();
      const { ended } = splice({
        client: clientEnd,
        runner: runnerEnd,
        fromClient: [],
        fromRunner: Buffer.alloc(0),
        follower: new FrameFollower(),
        onBytes: () => undefined,
      });
      const other = gone === 'client' ? runner : client;
      const heard = once(other.resume(), 'end');
      (gone === 'client' ? client : runner).resetAndDestroy();
      expect(await ended).toBe(gone);
      await heard;
    }
  });

  test('let a farewell in between two messages, never within one', async () => {
    const [client, clientEnd] = await pair();
    const [runner, runnerEnd] = await pair();
    const { ended, interrupt } = splice({
      client: clientEnd,
      runner: runnerEnd,
      fromClient: [],
      fromRunner: Buffer.alloc(0),
      follower: new FrameFollower(),
      onBytes: () => undefined,
    });
    const got = collect(client);
    const message = binaryMessage(Buffer.from('in two pieces'));
    runner.write(message.subarray(0, 5));
    await once(runnerEnd, 'data');
    interrupt(closeFrame(1001, 'come again'));
    runner.write(Buffer.concat([message.subarray(5), binaryMessage(Buffer.from('more'))]));
    expect(await ended).toBe('interrupted');
    client.end();
    const bytes = await got;
    const farewell = closeFrame(1001, 'come again');
    expect(bytes.subarray(0, message.length)).toEqual(message);
    expect(bytes.subarray(-farewell.length)).toEqual(farewell);
    const follower = new FrameFollower();
    follower.follow(bytes);
    expect(follower.atBoundary).toBe(true);
  });
});

async function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
