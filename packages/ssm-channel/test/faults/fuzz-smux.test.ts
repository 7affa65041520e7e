import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { createMux } from '../../src/smux/index.js';
import type { Mux } from '../../src/smux/index.js';
import { encodeFrame } from '../../src/smux/frame.js';
import type { Command } from '../../src/smux/frame.js';
import { scale } from '../../../../test/support/scale.js';
import { Random } from '../support/random.js';

const seed = Number(process.env['HAWSER_SEED'] ?? 20_250_102);

/** A frame that is mostly right. */
function randomFrame(random: Random, version: 1 | 2): Buffer {
  if (random.chance(0.0005)) return random.bytes(random.integer(1, 40));
  const command = random.pick<Command>([0, 1, 2, 2, 2, 2, 3, 4]);
  const body = command === 2 ? random.bytes(random.integer(0, 200)) : command === 4 ? random.bytes(8) : Buffer.alloc(0);
  const frame = encodeFrame(random.chance(0.0005) ? 2 : version, command, random.integer(0, 40), [body]);
  if (random.chance(0.001)) frame[random.integer(0, 7)]! ^= 1 << random.integer(0, 7);
  return frame;
}

/** Uses the mux as its owner might; answers why the connection ended, if it did. */
function use(random: Random, mux: Mux, unconsumed: Map<number, number>): string | undefined {
  let end: string | undefined;
  for (const wish of mux.take()) {
    if (end !== undefined) throw new Error(`a wish to ${wish.do} after the end`);
    if (wish.do === 'data') unconsumed.set(wish.id, (unconsumed.get(wish.id) ?? 0) + wish.bytes.length);
    if (wish.do === 'end') end = wish.reason;
  }
  for (const [id, bytes] of unconsumed) {
    if (!random.chance(0.3)) continue;
    mux.consumed(id, bytes, 0);
    unconsumed.delete(id);
  }
  if (random.chance(0.02)) mux.open(0);
  const id = random.integer(0, 40);
  if (random.chance(0.3)) mux.write(id, Buffer.alloc(random.integer(0, 1000)));
  if (random.chance(0.2)) mux.close(id);
  for (let count = random.integer(0, 20); count > 0; count -= 1) mux.next();
  return end;
}

describe('hostile smux bytes', () => {
  test.each([1, 2] as const)('version %i: no exception, every end has its reason', (version) => {
    const random = new Random(seed + version);
    const reasons = new Set<string>();
    const make = (): Mux => createMux({ role: random.pick(['client', 'server']), version, maxStreams: 10 });
    let mux = make();
    let unconsumed = new Map<number, number>();
    try {
      for (let count = scale(8000, 500_000); count > 0;) {
        const frames: Buffer[] = [];
        for (let frame = random.integer(1, 5); frame > 0; frame -= 1) frames.push(randomFrame(random, version));
        count -= frames.length;
        const bytes = Buffer.concat(frames);
        const cut = random.integer(0, bytes.length);
        mux.receive(bytes.subarray(0, cut), 0);
        mux.receive(bytes.subarray(cut), 0);
        const reason = use(random, mux, unconsumed);
        if (reason === undefined) continue;
        reasons.add(reason);
        mux = make();
        unconsumed = new Map();
      }
    } catch (error) {
      throw new Error(`Seed ${seed} fails; repeat with HAWSER_SEED=${seed}.`, { cause: error });
    }
    expect(['command', 'length', 'too-many-streams', 'version']).toEqual(expect.arrayContaining([...reasons]));
  });

  test('a peer that sends for ever to a reader who does not read is held at the buffer', () => {
    const random = new Random(seed);
    const server = createMux({ role: 'server' });
    server.receive(encodeFrame(1, 0, 3), 0);
    let fed = 0;
    for (let isHeld = false; !isHeld;) {
      const frame = encodeFrame(1, 2, 3, [Buffer.alloc(random.pick([1, 1, 100]))]);
      fed += frame.length;
      server.receive(frame, 0);
      isHeld = server.take().some((wish) => wish.do === 'hold');
    }
    expect(fed).toBeLessThan(4 << 20);
  });
});
