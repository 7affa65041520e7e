import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMux } from '../../src/smux/index.js';
import type { Mux, MuxOptions, MuxWish } from '../../src/smux/index.js';
import { Command, FrameReader, encodeFrame, encodeUpdate } from '../../src/smux/frame.js';
import { MuxMachine } from '../../src/smux/mux-machine.js';
import { golden } from '../support/golden.js';
import { collect, framesOf } from '../support/mux-wire.js';

const commands = { SYN: Command.Syn, FIN: Command.Fin, PSH: Command.Psh, NOP: Command.Nop, UPD: Command.Upd };

describe('frames', () => {
  test.each(golden.smux.frames)('v$v $cmd', ({ v, cmd, sid, data = '', consumed = 0, window = 0, hex }) => {
    const frame =
      cmd === 'UPD' ? encodeUpdate(sid, consumed, window) : encodeFrame(v, commands[cmd], sid, [Buffer.from(data)]);
    expect(frame.toString('hex')).toBe(hex);
  });

  test('have a body of any number of pieces', () => {
    const pieces = ['ab', '', 'c', 'def'].map((piece) => Buffer.from(piece));
    expect(encodeFrame(1, Command.Psh, 3, pieces)).toEqual(encodeFrame(1, Command.Psh, 3, [Buffer.from('abcdef')]));
  });

  test('are read wherever they are cut', () => {
    const bytes = Buffer.concat([
      encodeFrame(2, Command.Syn, 3),
      encodeFrame(2, Command.Psh, 3, [Buffer.from('hello')]),
      encodeUpdate(3, 5, 65_536),
      encodeFrame(2, Command.Psh, 3),
      encodeFrame(2, Command.Nop, 0),
      encodeFrame(2, Command.Fin, 3),
    ]);
    for (let size = 1; size <= bytes.length; size += 1) {
      const seen: string[] = [];
      const reader = new FrameReader(2, {
        opened: (id) => seen.push(`open ${id}`),
        finished: (id) => seen.push(`fin ${id}`),
        data: (_id, piece) => seen.push(...Array.from(piece, (byte) => String.fromCodePoint(byte))),
        updated: (id, consumed, window) => seen.push(`update ${id} ${consumed} ${window}`),
      });
      for (let at = 0; at < bytes.length; at += size)
        expect(reader.read(bytes.subarray(at, at + size))).toBeUndefined();
      expect(seen).toEqual(['open 3', 'h', 'e', 'l', 'l', 'o', 'update 3 5 65536', 'fin 3']);
    }
  });
});

describe('golden transcripts', () => {
  test.each(golden.smux.transcripts)('version $version', ({ version, clientToServerHex, serverToClientHex }) => {
    const client = createMux({ role: 'client', version });
    const server = createMux({ role: 'server', version });
    let toServer = '';
    let toClient = '';
    /** Carries all frames over and consumes what arrives. */
    const settle = (): MuxWish[] => {
      const seen: MuxWish[] = [];
      for (let moved = true; moved;) {
        moved = false;
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          for (const frame of framesOf(from)) {
            moved = true;
            if (from === client) toServer += frame.toString('hex');
            else toClient += frame.toString('hex');
            to.receive(frame, 0);
          }
          const wishes = to.take();
          seen.push(...wishes);
          for (const wish of wishes) if (wish.do === 'data') to.consumed(wish.id, wish.bytes.length, 0);
        }
      }
      return seen;
    };
    const a = client.open(0);
    client.write(a, Buffer.from('hello'));
    settle();
    server.write(a, Buffer.from('world!'));
    settle();
    const b = client.open(0);
    client.write(b, Buffer.from('x'));
    settle();
    server.close(a);
    expect(settle()).toContainEqual({ do: 'fin', id: a });
    client.close(a);
    settle();
    expect([...client.streams, ...server.streams]).toEqual([b, b]);
    expect([a, b]).toEqual([3, 5]);
    expect(toServer).toBe(clientToServerHex);
    expect(toClient).toBe(serverToClientHex);
  });

  test.each([1, 2] as const)('segmentation, version %i', (version) => {
    const { write, frameHeadersV1, frameHeadersV2, frameLengths } = golden.smux.segmentation;
    const mux = createMux({ role: 'client', version });
    mux.open(0);
    mux.write(mux.open(0), Buffer.alloc(write));
    const frames = framesOf(mux).slice(2);
    expect(frames.map((frame) => frame.toString('hex', 0, 8))).toEqual(version === 1 ? frameHeadersV1 : frameHeadersV2);
    expect(frames.map((frame) => frame.length)).toEqual(frameLengths);
  });

  test('keep-alive', () => {
    const { intervalMs, timeoutMs, hex } = golden.smux.keepalive;
    const mux = createMux({ role: 'client', keepAliveMs: intervalMs, keepAliveTimeoutMs: timeoutMs });
    let sent = '';
    let end: { readonly at: number; readonly wish: MuxWish } | undefined;
    for (let at: number | undefined = 1000, asked = 0; at !== undefined && !end; asked += 1) {
      const wishes = mux.take();
      const wake = wishes.find((wish) => wish.do === 'wake');
      // Before its clock starts it asks to be told the time at once.
      if (asked === 0) expect(wake).toEqual({ do: 'wake', atMs: 0 });
      else if (wake?.do === 'wake') at = wake.atMs;
      mux.tick(at);
      for (const frame of framesOf(mux)) sent += frame.toString('hex');
      const ended = mux.take().find((wish) => wish.do === 'end' || wish.do === 'wake');
      if (ended?.do === 'end') end = { at, wish: ended };
      else if (ended?.do === 'wake') at = ended.atMs;
    }
    expect(sent).toBe(hex);
    expect(end).toEqual({ at: 1000 + timeoutMs, wish: { do: 'end', reason: 'timeout' } });
  });
});

/** A client and a server with a stream open between them, and what each side was told. */
function pair(options: Omit<MuxOptions, 'role'> = {}): {
  readonly client: Mux;
  readonly server: Mux;
  readonly id: number;
} {
  const client = createMux({ role: 'client', ...options });
  const server = createMux({ role: 'server', ...options });
  const id = client.open(0);
  for (const frame of framesOf(client)) server.receive(frame, 0);
  expect(server.take().filter((wish) => wish.do !== 'wake')).toEqual([{ do: 'open', id }]);
  return { client, server, id };
}

const psh = (id: number, body: Uint8Array | string, version: 1 | 2 = 1): Buffer =>
  encodeFrame(version, Command.Psh, id, [Buffer.from(body)]);

describe('streams', () => {
  test('carry any bytes both ways, however writes, frames and the connection cut them', () => {
    const stepOf = fc.record({
      side: fc.constantFrom('client' as const, 'server' as const),
      stream: fc.nat({ max: 3 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      cut: fc.integer({ min: 1, max: 50 }),
    });
    const options = fc.record({
      version: fc.constantFrom(1 as const, 2 as const),
      maxFrameBytes: fc.integer({ min: 1, max: 100 }),
      streamBufferBytes: fc.constantFrom(64, 65_536),
    });
    fc.assert(
      fc.property(options, fc.array(stepOf, { maxLength: 60 }), (muxOptions, steps) => {
        const client = createMux({ role: 'client', ...muxOptions });
        const server = createMux({ role: 'server', ...muxOptions });
        const ids = [client.open(0), client.open(0), client.open(0), client.open(0)];
        const sent = new Map<string, Buffer>();
        const got = new Map<string, Buffer>();
        let moved = false;
        const carry = (from: Mux, to: Mux, name: string, cut: number): void => {
          const bytes = Buffer.concat(framesOf(from));
          for (let at = 0; at < bytes.length; at += cut) to.receive(bytes.subarray(at, at + cut), 0);
          moved ||= bytes.length > 0;
          for (const [id, data] of collect(to.take()).data) {
            got.set(`${name} ${id}`, Buffer.concat([got.get(`${name} ${id}`) ?? Buffer.alloc(0), data]));
            to.consumed(id, data.length, 0);
          }
        };
        carry(client, server, 'client', 8);
        for (const { side, stream, bytes, cut } of steps) {
          const id = ids[stream]!;
          const [from, to] = side === 'client' ? [client, server] : [server, client];
          from.write(id, bytes);
          sent.set(`${side} ${id}`, Buffer.concat([sent.get(`${side} ${id}`) ?? Buffer.alloc(0), bytes]));
          carry(from, to, side, cut);
        }
        for (moved = true; moved;) {
          moved = false;
          carry(server, client, 'server', 1000);
          carry(client, server, 'client', 1000);
        }
        expect([client.queuedBytes, server.queuedBytes]).toEqual([0, 0]);
        expect(got).toEqual(sent);
      }),
    );
  });

  test('take turns: 200 streams with much to say all get through at the same pace', () => {
    const mux = createMux({ role: 'client' });
    const ids = Array.from({ length: 200 }, () => mux.open(0));
    const many = Buffer.alloc(10 * 32_768);
    for (const id of ids) mux.write(id, many);
    const turns = framesOf(mux)
      .filter((frame) => frame[1] === Command.Psh)
      .map((frame) => frame.readUInt32LE(4));
    for (let round = 0; round < 10; round += 1) expect(turns.slice(round * 200, round * 200 + 200)).toEqual(ids);
    expect(turns).toHaveLength(2000);
  });

  test('a stream that writes after others waits one turn, not until they are done', () => {
    const mux = createMux({ role: 'client', maxFrameBytes: 100 });
    const [loud, quiet] = [mux.open(0), mux.open(0)];
    mux.write(loud, Buffer.alloc(100_000));
    for (let frame = 0; frame < 10; frame += 1) mux.next();
    mux.write(quiet, Buffer.from('psst'));
    const next = [mux.next()!, mux.next()!].map((frame) => frame.readUInt32LE(4));
    expect(next).toContain(quiet);
  });

  test('ids: odd from 3 for clients, even from 2 for servers', () => {
    const client = createMux({ role: 'client' });
    const server = createMux({ role: 'server' });
    expect([client.open(0), client.open(0), server.open(0), server.open(0)]).toEqual([3, 5, 2, 4]);
  });

  test('FIN follows what is queued; what still arrives is dropped, and not counted', () => {
    const { client, server, id } = pair({ receiveBufferBytes: 1000 });
    server.write(id, Buffer.from('last'));
    server.close(id);
    expect(server.write(id, Buffer.from('more'))).toBe(true);
    server.close(id);
    server.receive(psh(id, Buffer.alloc(5000)), 0);
    expect(server.take()).toEqual([]);
    for (const frame of framesOf(server)) client.receive(frame, 0);
    expect(client.take()).toEqual([
      { do: 'data', id, bytes: Buffer.from('last') },
      { do: 'fin', id },
    ]);
    expect([...server.streams]).toEqual([]);
    // The client may still write; nobody listens.
    client.write(id, Buffer.from('x'));
    for (const frame of framesOf(client)) server.receive(frame, 0);
    expect(server.take()).toEqual([]);
  });

  test('what comes for unknown streams, after FIN, or with an id of ours, is ignored', () => {
    const { client, server, id } = pair();
    server.receive(Buffer.concat([psh(99, 'x'), encodeFrame(1, Command.Fin, 99), encodeFrame(1, Command.Syn, id)]), 0);
    server.receive(encodeFrame(1, Command.Syn, 4), 0);
    expect(server.take()).toEqual([]);
    const fin = encodeFrame(1, Command.Fin, id);
    client.receive(Buffer.concat([fin, psh(id, 'x'), fin]), 0);
    expect(client.take()).toEqual([{ do: 'fin', id }]);
    client.receive(encodeFrame(1, Command.Syn, 5), 0);
    expect(client.take()).toEqual([]);
    client.consumed(99, 5, 0);
    client.close(99);
    expect(client.write(99, Buffer.from('x'))).toBe(true);
    expect(client.queuedBytes).toBe(0);
  });

  test('the end of a stream that we close ourselves is no news', () => {
    const { server, id } = pair();
    server.write(id, Buffer.from('last'));
    server.close(id);
    server.receive(encodeFrame(1, Command.Fin, id), 0);
    expect(server.take()).toEqual([]);
  });

  test('drain comes when exactly half is left', () => {
    const mux = createMux({ role: 'client' });
    const id = mux.open(0);
    expect(mux.write(id, Buffer.alloc(3 * 32_768))).toBe(false);
    mux.next();
    mux.next();
    expect(mux.take()).toEqual([]);
    mux.next();
    expect(mux.take()).toEqual([{ do: 'drain', id }]);
  });

  test('write answers false above 64 KiB, and drain comes at half', () => {
    const mux = createMux({ role: 'client' });
    const id = mux.open(0);
    expect(mux.write(id, Buffer.alloc(65_536))).toBe(true);
    expect(mux.write(id, Buffer.alloc(1))).toBe(false);
    expect(mux.queuedBytes).toBe(65_537);
    mux.next();
    mux.next();
    expect(mux.take()).toEqual([]);
    mux.next();
    expect(mux.take()).toEqual([{ do: 'drain', id }]);
    expect(mux.write(id, Buffer.alloc(1))).toBe(true);
  });

  test('writes of one turn share a frame', () => {
    const mux = createMux({ role: 'client' });
    const id = mux.open(0);
    mux.next();
    for (const letter of 'hello') mux.write(id, Buffer.from(letter));
    expect(mux.next()!.toString('latin1', 8)).toBe('hello');
    expect(mux.next()).toBeUndefined();
  });
});

describe('flow control', () => {
  test('hold when 4 MiB are unconsumed, release at half; every stream counts', () => {
    const { server, id } = pair();
    server.receive(encodeFrame(1, Command.Syn, 5), 0);
    server.take();
    const body = Buffer.alloc(32_768);
    let frames = 0;
    let held = false;
    while (!held) {
      server.receive(psh(frames % 2 ? id : 5, body), 0);
      frames += 1;
      held = server.take().some((wish) => wish.do === 'hold');
    }
    expect(frames).toBe(128);
    server.consumed(id, 63 * 32_768, 0);
    expect(server.take()).toEqual([]);
    server.consumed(5, 2 * 32_768, 0);
    expect(server.take()).toEqual([{ do: 'release' }]);
  });

  test('closing a stream frees what it had not consumed', () => {
    const { server, id } = pair({ receiveBufferBytes: 10_000 });
    server.receive(psh(id, Buffer.alloc(20_000)), 0);
    expect(server.take().map((wish) => wish.do)).toEqual(['data', 'hold']);
    server.close(id);
    expect(server.take()).toEqual([{ do: 'release' }]);
    server.consumed(id, 20_000, 0);
    expect(server.take()).toEqual([]);
  });

  test('a flood of tiny frames is held as soon as its objects fill the buffer', () => {
    const { server, id } = pair({ receiveBufferBytes: 100_000 });
    const tiny = psh(id, 'x');
    let frames = 0;
    for (; frames < 10_000; frames += 1) {
      server.receive(tiny, 0);
      if (server.take().some((wish) => wish.do === 'hold')) break;
    }
    expect(frames).toBeLessThan(1000);
  });

  test('holds when the buffer is full to its last byte, and releases when it is half empty to a byte', () => {
    // Two pieces of 100 bytes, and 128 for each of them.
    const { server, id } = pair({ receiveBufferBytes: 456 });
    const dos = (): string[] => server.take().map((wish) => wish.do);
    server.receive(psh(id, Buffer.alloc(100)), 0);
    expect(dos()).toEqual(['data']);
    server.receive(psh(id, Buffer.alloc(100)), 0);
    expect(dos()).toEqual(['data', 'hold']);
    server.consumed(id, 99, 0);
    expect(dos()).toEqual([]);
    server.consumed(id, 1, 0);
    expect(dos()).toEqual(['release']);
  });

  test('version 2 tells of the first consumption, and of every half window from then on', () => {
    const { server, id } = pair({ version: 2, streamBufferBytes: 1000 });
    server.receive(psh(id, Buffer.alloc(2000), 2), 0);
    const told = (bytes: number): string[] => {
      server.consumed(id, bytes, 0);
      return framesOf(server).map((frame) => frame.toString('hex'));
    };
    const update = (consumed: number): string => encodeUpdate(id, consumed, 1000).toString('hex');
    expect([told(0), told(1), told(499), told(1), told(499), told(600)]).toEqual([
      [],
      [update(1)],
      [],
      [update(501)],
      [],
      [update(1600)],
    ]);
  });

  test('version 2 lets others send while one may not', () => {
    const { client, id } = pair({ version: 2 });
    const other = client.open(0);
    client.write(id, Buffer.alloc(262_144));
    framesOf(client);
    client.write(id, Buffer.from('has to wait'));
    client.write(other, Buffer.from('may go'));
    expect(framesOf(client).map((frame) => frame.toString('latin1', 8))).toEqual(['may go']);
  });

  test('an update for no stream is ignored', () => {
    const { client, id } = pair({ version: 2 });
    client.receive(encodeUpdate(99, 0, 1000), 0);
    expect([client.take(), client.next(), [...client.streams]]).toEqual([[], undefined, [id]]);
  });

  test('version 2 sends no more than the window, and goes on with the update', () => {
    const { client, server, id } = pair({ version: 2, streamBufferBytes: 65_536 });
    client.write(id, Buffer.alloc(1_000_000));
    const first = framesOf(client);
    expect(first.reduce((sum, frame) => sum + frame.length - 8, 0)).toBe(262_144);
    expect(client.next()).toBeUndefined();
    for (const frame of first) server.receive(frame, 0);
    server.consumed(id, 1000, 0);
    for (const frame of framesOf(server)) client.receive(frame, 0);
    // 65,536 may be unconsumed from now on, and far more is.
    expect(client.next()).toBeUndefined();
    server.consumed(id, 262_144 - 1000, 0);
    for (const frame of framesOf(server)) client.receive(frame, 0);
    expect(framesOf(client).reduce((sum, frame) => sum + frame.length - 8, 0)).toBe(65_536);
  });

  test('an update of more than was sent is ignored', () => {
    const { client, id } = pair({ version: 2 });
    client.write(id, Buffer.alloc(300_000));
    framesOf(client);
    client.receive(encodeUpdate(id, 262_144, 1000), 0);
    client.receive(encodeUpdate(id, 262_145, 0xffff_ffff), 0);
    expect(framesOf(client).map((frame) => frame.length)).toEqual([1008]);
  });

  test('no update follows the end of a stream', () => {
    const { server, id } = pair({ version: 2 });
    server.receive(psh(id, 'x', 2), 0);
    server.consumed(id, 1, 0);
    server.close(id);
    expect(framesOf(server).map((frame) => frame[1])).toEqual([Command.Fin]);
  });

  test('updates mean nothing in version 1', () => {
    const { client, server, id } = pair();
    const update = encodeUpdate(id, 0, 0);
    update[0] = 1;
    client.receive(update, 0);
    client.write(id, Buffer.alloc(300_000));
    expect(framesOf(client).length).toBe(10);
    server.receive(psh(id, 'x'), 0);
    server.consumed(id, 1, 0);
    expect(server.next()).toBeUndefined();
  });
});

describe('the end of a connection', () => {
  const end = (mux: Mux): unknown => mux.take().filter((wish) => wish.do === 'end');

  test.each([
    ['version', encodeFrame(2, Command.Nop, 0)],
    ['command', Buffer.from([1, 5, 0, 0, 0, 0, 0, 0])],
    ['length', Buffer.from([1, Command.Syn, 1, 0, 4, 0, 0, 0])],
    ['length', Buffer.from([1, Command.Fin, 1, 0, 4, 0, 0, 0])],
    ['length', Buffer.from([1, Command.Nop, 1, 0, 0, 0, 0, 0])],
    ['length', Buffer.from([1, Command.Upd, 7, 0, 0, 0, 0, 0])],
  ] as const)('a wrong %s', (reason, bytes) => {
    const { client, id } = pair();
    client.write(id, Buffer.from('x'));
    client.receive(Buffer.concat([bytes, bytes]), 0);
    expect(end(client)).toEqual([{ do: 'end', reason }]);
    client.receive(bytes, 0);
    client.tick(1);
    expect([client.take(), client.next(), client.open(0), client.queuedBytes, [...client.streams]]).toEqual([
      [],
      undefined,
      0,
      0,
      [],
    ]);
    expect(client.write(id, Buffer.from('x'))).toBe(true);
  });

  test.each([0, 1, 2, 3])('a fault in byte %i of a header is found wherever the header is cut', (place) => {
    const { client } = pair();
    const header = encodeFrame(1, Command.Nop, 0);
    header[place] = 9;
    for (const byte of header) client.receive(Buffer.from([byte]), 0);
    expect(end(client)).toHaveLength(1);
  });

  test('comes once, whatever follows in the same bytes', () => {
    const server = createMux({ role: 'server', maxStreams: 1 });
    const [first, second] = [encodeFrame(1, Command.Syn, 3), encodeFrame(1, Command.Syn, 5)];
    server.receive(Buffer.concat([first, second, Buffer.from('garbage, more than a header')]), 0);
    expect(end(server)).toEqual([{ do: 'end', reason: 'too-many-streams' }]);
  });

  test('leaves no NOP behind', () => {
    const server = createMux({ role: 'server', keepAliveMs: 10 });
    server.tick(0);
    server.tick(10);
    server.receive(Buffer.from('garbage, more than a header'), 10);
    expect(server.next()).toBeUndefined();
  });

  test('more streams than allowed', () => {
    const server = createMux({ role: 'server', maxStreams: 2 });
    server.receive(Buffer.concat([3, 5, 7, 9].map((id) => encodeFrame(1, Command.Syn, id))), 0);
    expect(server.take()).toEqual([
      { do: 'open', id: 3 },
      { do: 'open', id: 5 },
      { do: 'end', reason: 'too-many-streams' },
    ]);
  });

  test('closed streams count until their FIN is out', () => {
    const server = createMux({ role: 'server', maxStreams: 1 });
    server.receive(encodeFrame(1, Command.Syn, 3), 0);
    server.close(3);
    expect([...server.streams]).toEqual([3]);
    framesOf(server);
    server.receive(encodeFrame(1, Command.Syn, 5), 0);
    expect([...server.streams]).toEqual([5]);
  });

  test('ids used up', () => {
    const mux = new MuxMachine({ role: 'client' }, 0xffff_fffd);
    expect(mux.open(0)).toBe(0xffff_ffff);
    expect(mux.open(0)).toBe(0);
    expect(end(mux)).toEqual([{ do: 'end', reason: 'ids-used-up' }]);
  });

  test.each([1, 65_535])('a frame size of %d is taken', (maxFrameBytes) => {
    const mux = createMux({ role: 'client', maxFrameBytes });
    mux.write(mux.open(0), Buffer.alloc(65_536));
    expect(framesOf(mux)[1]).toHaveLength(8 + maxFrameBytes);
  });

  test.each([0, 65_536, Number.NaN])('a frame size of %d is refused', (maxFrameBytes) => {
    expect(() => createMux({ role: 'client', maxFrameBytes })).toThrow(RangeError);
  });
});

describe('keep-alive', () => {
  test('is off by default', () => {
    const mux = createMux({ role: 'client' });
    mux.tick(0);
    mux.tick(1e9);
    expect([mux.take(), mux.next()]).toEqual([[], undefined]);
  });

  test('asks to be woken once for each time', () => {
    const mux = createMux({ role: 'server', keepAliveMs: 10 });
    expect([mux.take(), mux.take()]).toEqual([[{ do: 'wake', atMs: 0 }], []]);
    mux.tick(5);
    expect([mux.take(), mux.take()]).toEqual([[{ do: 'wake', atMs: 15 }], []]);
  });

  test('whatever arrives keeps the connection, silence of three intervals ends it', () => {
    const mux = createMux({ role: 'server', keepAliveMs: 10_000 });
    const ends = (): boolean => mux.take().some((wish) => wish.do === 'end');
    mux.tick(0);
    for (let at = 10_000; at <= 300_000; at += 10_000) {
      if (at % 30_000 === 0) mux.receive(encodeFrame(1, Command.Nop, 0), at - 1);
      mux.tick(at);
      expect(ends()).toBe(false);
    }
    mux.tick(329_999);
    expect(ends()).toBe(false);
    mux.tick(330_000);
    expect(ends()).toBe(true);
  });

  test('silence does not count while we hold the peer back', () => {
    const { server, id } = pair({ keepAliveMs: 10, receiveBufferBytes: 100 });
    server.tick(0);
    server.receive(psh(id, Buffer.alloc(200)), 1);
    for (let at = 10; at < 1000; at += 10) server.tick(at);
    expect(server.take().map((wish) => wish.do)).not.toContain('end');
    server.consumed(id, 200, 1000);
    server.tick(1030);
    server.tick(1060);
    expect(server.take().map((wish) => wish.do)).toContain('end');
  });
});
