import { Buffer } from 'node:buffer';
import type { Mux, MuxWish } from '../../src/smux/index.js';

/** Everything a mux has to send. */
export function framesOf(mux: Mux): Buffer[] {
  const frames: Buffer[] = [];
  for (let frame = mux.next(); frame; frame = mux.next()) frames.push(frame);
  return frames;
}

/** What a mux wished for, with the data of each stream joined. */
export function collect(wishes: readonly MuxWish[]): {
  readonly data: ReadonlyMap<number, Buffer>;
  readonly others: MuxWish[];
} {
  const pieces = new Map<number, Buffer[]>();
  const others: MuxWish[] = [];
  for (const wish of wishes) {
    if (wish.do === 'data') pieces.set(wish.id, [...(pieces.get(wish.id) ?? []), wish.bytes]);
    else others.push(wish);
  }
  return { data: new Map([...pieces].map(([id, parts]) => [id, Buffer.concat(parts)])), others };
}
