import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteQueue } from '../../src/queues/byte-queue.js';
import { Charge, PIECE_OVERHEAD_BYTES } from '../../src/queues/charge.js';
import { Fifo } from '../../src/queues/fifo.js';

describe('ByteQueue', () => {
  test('returns what was pushed, in order, whatever the sizes', () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ maxLength: 3000 }) }),
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
            const taken = Buffer.concat(queue.take(next.take));
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
