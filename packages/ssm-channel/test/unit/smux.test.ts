import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMux } from '../../src/smux/index.js';
import type { Mux, MuxOptions, MuxWish } from '../../src/smux/index.js';
import { Command, FrameReader, encodeFrame, encodeUpdate } from '../../src/smux/frame.js';
import { golden } from '../support/golden.js';
import { collect, framesOf } from '../support/mux-wire.js';

const commands = { SYN: Command.Syn, FIN: Command.Fin, PSH: Command.Psh, NOP: Command.Nop, UPD: Command.Upd };

describe('frames', () => {
  test.each(golden.smux.frames)('v$v $cmd', ({ v, cmd, sid, data = '', consumed = 0, window = 0, hex }) => {
    const frame =
      cmd === 'UPD' ? encodeUpdate(sid, consumed, window) : encodeFrame(v, commands[cmd], sid, [Buffer.from(data)]);
    expect(frame.toString('hex')).toBe(hex);
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
        data: (_id, piece) => seen.push(...piece.toString()),
        updated: (id, consumed, window) => seen.push(`update ${id} ${consumed} ${window}`),
      });
      for (let at = 0; at < bytes.length; at += size)
        expect(reader.read(bytes.subarray(at, at + size))).toBeUndefined();
      expect(seen).toEqual(['open 3', ...'hello', 'update 3 5 65536', 'fin 3']);
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
