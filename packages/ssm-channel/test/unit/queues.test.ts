import { Buffer } from 'node:buffer';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteQueue } from '../../src/queues/byte-queue.js';
import { Charge, PIECE_OVERHEAD_BYTES } from '../../src/queues/charge.js';
import { Fifo } from '../../src/queues/fifo.js';

describe('ByteQueue', () => {
  test('returns what was pushed, in order, whatever the sizes', () => {
    const bytes = fc
      .record({ length: fc.nat({ max: 3000 }), first: fc.nat({ max: 255 }) })
      .map(({ length, first }) => Uint8Array.from({ length }, (_, index) => first + index));
    const step = fc.oneof(
      fc.record({ push: bytes }),
      fc.record({ push: fc.uint8Array({ maxLength: 20 }) }),
      fc.record({ take: fc.integer({ min: 0, max: 5000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let model = Buffer.alloc(0);
        for (const next of steps) {
          if ('push' in next) {
            queue.push(next.push);
            model = Buffer.concat([model, next.push]);
          } else {
            const pieces = queue.take(next.take);
            expect(pieces.every(({ length }) => length > 0)).toBe(true);
            const taken = Buffer.concat(pieces);
            expect(taken.equals(model.subarray(0, next.take))).toBe(true);
            model = model.subarray(next.take);
          }
          expect(queue.length).toBe(model.length);
        }
        expect(Buffer.concat(queue.take(Infinity)).equals(model)).toBe(true);
      }),
    );
  });

  test('keeps large chunks by reference and joins small ones', () => {
    const queue = new ByteQueue();
    const large = Buffer.alloc(10_000, 1);
    queue.push(large);
    for (let index = 0; index < 1000; index += 1) queue.push(Buffer.from('x'));
    const [first, ...rest] = queue.take(Infinity);
    expect(first).toBe(large);
    expect(rest).toHaveLength(1);
    expect(Buffer.concat(rest).toString()).toBe('x'.repeat(1000));
  });

  test('copies small chunks: their owner may change them', () => {
    const queue = new ByteQueue();
    const key = Buffer.from('a');
    queue.push(key);
    key[0] = 0x62;
    queue.push(key);
    expect(Buffer.concat(queue.take(2)).toString()).toBe('ab');
  });

  test('copies up to 512 bytes, and keeps more by reference', () => {
    const queue = new ByteQueue();
    const [small, large] = [Buffer.alloc(512, 1), Buffer.alloc(513, 2)];
    queue.push(small);
    queue.push(large);
    const [copied, kept] = queue.take(Infinity);
    expect(copied).toEqual(small);
    expect(copied?.buffer).not.toBe(small.buffer);
    expect(kept).toBe(large);
  });

  test('fills a slab of 2048 bytes to its last one, and goes on in another', () => {
    const queue = new ByteQueue();
    for (let index = 0; index < 9; index += 1) queue.push(Buffer.alloc(256, index));
    expect(queue.take(Infinity).map(({ length }) => length)).toEqual([2048, 256]);
  });

  test('gives a chunk that is taken in parts piece by piece, as views of it', () => {
    const queue = new ByteQueue();
    const large = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
    queue.push(large);
    queue.push(large);
    const pieces = [...queue.take(300), ...queue.take(400), ...queue.take(400), ...queue.take(Infinity)];
    expect(pieces.map(({ length }) => length)).toEqual([300, 400, 300, 100, 900]);
    expect(pieces.every(({ buffer }) => buffer === large.buffer)).toBe(true);
    expect(Buffer.concat(pieces)).toEqual(Buffer.concat([large, large]));
  });

  test('goes on filling the slab while something is left, and leaves it when all was taken', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('abc'));
    const [first] = queue.take(1);
    queue.push(Buffer.from('d'));
    const [second, third] = queue.take(Infinity);
    expect([second, third].map(String)).toEqual(['bc', 'd']);
    // Neighbours in one slab, although the first had been sealed when the last came.
    expect(third?.buffer).toBe(first?.buffer);
    expect(third?.byteOffset).toBe((first?.byteOffset ?? 0) + 3);
    queue.push(Buffer.from('e'));
    const [after] = queue.take(1);
    expect(after?.byteOffset).not.toBe((third?.byteOffset ?? 0) + 1);
  });
});

test('Fifo is an array with a fast shift', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.constant('shift' as const)), { maxLength: 400 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === 'shift') expect(fifo.shift()).toBe(model.shift());
        else {
          fifo.push(step);
          model.push(step);
        }
        expect([fifo.length, fifo.at(0), fifo.at(3), fifo.at(model.length)]).toEqual([
          model.length,
          model[0],
          model[3],
          undefined,
        ]);
      }
      fifo.clear();
      expect([fifo.length, fifo.shift()]).toEqual([0, undefined]);
    }),
  );
});

test('Fifo moves the rest only when 64 or more, and at least half, were taken', () => {
  const fifo = new Fifo<number>();
  const moves = jest.spyOn(Array.prototype, 'splice');
  try {
    for (let index = 0; index < 100; index += 1) fifo.shift();
    expect(moves).not.toHaveBeenCalled();
    for (let index = 0; index < 300; index += 1) fifo.push(index);
    const seen: unknown[] = [];
    for (let index = 0; index < 300; index += 1) seen.push([fifo.length, fifo.at(1), fifo.shift()]);
    expect(seen).toEqual(seen.map((_, index) => [300 - index, index === 299 ? undefined : index + 1, index]));
    expect(moves.mock.calls).toEqual([
      [0, 150],
      [0, 75],
      [0, 64],
    ]);
  } finally {
    moves.mockRestore();
  }
});

describe('Charge', () => {
  test('counts bytes and pieces, and gives back the pieces that were consumed whole', () => {
    const charge = new Charge();
    expect(charge.add(10)).toBe(10 + PIECE_OVERHEAD_BYTES);
    expect(charge.add(5)).toBe(5 + PIECE_OVERHEAD_BYTES);
    expect(charge.free(9)).toBe(9);
    expect(charge.free(2)).toBe(2 + PIECE_OVERHEAD_BYTES);
    expect(charge.total).toBe(4 + PIECE_OVERHEAD_BYTES);
    expect(charge.free(100)).toBe(4 + PIECE_OVERHEAD_BYTES);
    expect(charge.total).toBe(0);
  });

  test('gives back everything at once', () => {
    const charge = new Charge();
    charge.add(10);
    charge.add(20);
    charge.free(3);
    expect(charge.freeAll()).toBe(27 + 2 * PIECE_OVERHEAD_BYTES);
    expect(charge.total).toBe(0);
  });
});
