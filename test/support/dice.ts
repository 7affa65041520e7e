/** Numbers from 0 to below 1 that a seed gives again and again (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of a long run: `HAWSER_SEED`, or always the same. */
export const givenSeed: number = Number(process.env['HAWSER_SEED'] ?? 1);
