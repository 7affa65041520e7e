import { describe, expect, test } from '@jest/globals';
import { createInputQueue } from '../../src/client/input-queue.js';
import { decodeClientFrame } from '../../src/protocol/index.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('input that waits', () => {
  const mebibyte = 1_048_576;
  const seqs = (frames: readonly Uint8Array[]): unknown[] =>
    frames.map((frame) => {
      const said = decodeClientFrame(frame);
      return said.type === 'in' ? [said.seq, Buffer.from(said.data).toString()] : said;
    });

  test('is at most a mebibyte, of which what is acknowledged is no part', () => {
    const queue = createInputQueue();
    expect(queue.add(new Uint8Array(mebibyte))).toBe(true);
    expect(queue.add(Uint8Array.of(1))).toBe(false);
    expect(queue.frames()).toHaveLength(16);
    queue.acknowledge(1);
    expect(queue.add(new Uint8Array(65_536))).toBe(true);
    expect(queue.add(Uint8Array.of(1))).toBe(false);
    queue.clear();
    expect([queue.frames(), queue.add(new Uint8Array(mebibyte))]).toEqual([[], true]);
  });

  test('is numbered when it is first sent, and sent once over each link', () => {
    const queue = createInputQueue();
    for (const text of ['a', 'b']) queue.add(bytes(text));
    expect(seqs(queue.frames())).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(queue.frames()).toEqual([]);
    queue.add(bytes('c'));
    queue.acknowledge(1);
    expect(seqs(queue.frames())).toEqual([[3, 'c']]);
    queue.add(bytes('d'));
    queue.resume(2, true);
    expect(seqs(queue.frames())).toEqual([
      [3, 'c'],
      [4, 'd'],
    ]);
    queue.acknowledge(4);
    queue.add(bytes('e'));
    // Another window of the same name got further.
    queue.resume(9, true);
    expect(seqs(queue.frames())).toEqual([[10, 'e']]);
    queue.add(bytes('f'));
    queue.resume(3, false);
    expect(seqs(queue.frames())).toEqual([[4, 'f']]);
  });

  test('does not change with what it was made of', () => {
    const queue = createInputQueue();
    const typed = bytes('abc');
    queue.add(typed);
    typed.fill(0);
    expect(seqs(queue.frames())).toEqual([[1, 'abc']]);
  });
});
