import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBackoff } from '../../src/transport/backoff.js';

describe('backoff', () => {
  test('tries at once, then doubles up to the ceiling', () => {
    const backoff = createBackoff(0, { firstMs: 100, longestMs: 1_000, random: () => 1 });
    expect([0, 1, 2, 3, 4, 5, 6].map(() => backoff.next(0))).toEqual([0, 100, 200, 400, 800, 1_000, 1_000]);
    expect(backoff.attempts).toBe(7);
  });

  test('gives up once the outage lasted too long, and never sleeps past that moment', () => {
    const backoff = createBackoff(1_000, { giveUpAfterMs: 500, firstMs: 10_000, longestMs: 10_000, random: () => 1 });
    expect(backoff.next(1_000)).toBe(0);
    expect(backoff.next(1_100)).toBe(400);
    expect(backoff.next(1_500)).toBeUndefined();
  });

  test('keeps trying for at least ten minutes by default', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }), (values) => {
        let now = 0;
        let index = 0;
        const backoff = createBackoff(0, { random: () => values[index++ % values.length] ?? 0 });
        for (let pause = backoff.next(now); pause !== undefined; pause = backoff.next(now)) {
          expect(pause).toBeLessThanOrEqual(5_000);
          // An attempt that fails at once.
          now += pause + 1;
        }
        expect(now).toBeGreaterThanOrEqual(10 * 60_000);
      }),
      { numRuns: 20 },
    );
  });
});
