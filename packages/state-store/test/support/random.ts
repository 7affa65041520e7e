/** Repeatable randomness (mulberry32): whole numbers from 0 to below `limit`. */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** The seed to use: `HAWSER_SEED`, to repeat a failed run, or a new one. */
export function chooseSeed(): number {
  return Number(process.env['HAWSER_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}
