import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRandom } from '../../src/seed.js';

const draws = (seed: number | string, count = 20): readonly number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('a seeded random stream', () => {
  test('is the same for the same seed and another for another', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (seed, other) => {
        expect(draws(seed)).toEqual(draws(seed));
        if (seed !== other) expect(draws(seed)).not.toEqual(draws(other));
      }),
    );
  });

  test('stays what it is from one version to the next', () => {
    expect(draws(7, 3).map((value) => value.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.897613",
        "0.117708",
        "0.359124",
      ]
    `);
  });

  test('forks without being moved', () => {
    const random = createRandom(1);
    const fork = random.fork('a');
    for (let index = 0; index < 5; index += 1) fork.next();
    expect(random.next()).toBe(createRandom(1).next());
    expect(createRandom(1).fork('a').next()).not.toBe(createRandom(1).fork('b').next());
  });

  test('is spread evenly', () => {
    const random = createRandom('even');
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 40_000; index += 1) counts[random.below(4)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});
