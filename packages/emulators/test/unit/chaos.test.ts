import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createRandom } from '../../src/seed.js';
import { createChannelChaos, createFates, type ChaosTargets, type FrameFate } from '../../src/ssm/gateway/chaos.js';
import type { ChaosOptions } from '../../src/ssm/types.js';

const everything: ChaosOptions = { lose: 0.1, duplicate: 0.1, reorder: 0.1, truncate: 0.1, delayMs: 5 };
const nobody: ChaosTargets = { cut: () => {}, stall: () => {}, publish: () => {} };

const fates = (options: ChaosOptions, seed: number, count = 300): readonly FrameFate[] => {
  const next = createFates(options, createRandom(seed));
  return Array.from({ length: count }, () => next());
};

describe('the fate of frames', () => {
  test('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(fates(everything, seed)).toEqual(fates(everything, seed));
        expect(fates(everything, seed)).not.toEqual(fates(everything, seed + 1));
      }),
    );
  });

  test('of the n-th frame does not depend on what else may happen to it', () => {
    const lost = (options: ChaosOptions): readonly number[] =>
      fates(options, 3).flatMap((fate, index) => (fate.kind === 'lose' ? [index] : []));
    expect(lost({ lose: 0.1 })).toEqual(lost(everything));
  });

  test('is as frequent as asked', () => {
    const all = fates({ lose: 0.05, truncate: 0.2 }, 11, 20_000);
    const share = (kind: FrameFate['kind']): number => all.filter((fate) => fate.kind === kind).length / all.length;
    expect(share('lose')).toBeCloseTo(0.05, 1);
    expect(share('truncate')).toBeCloseTo(0.2, 1);
    expect(share('duplicate')).toBe(0);
  });
});

describe('a channel under chaos', () => {
  const carry = (options: ChaosOptions, count = 200): readonly string[] => {
    const chaos = createChannelChaos(options, createRandom(5), nobody);
    const arrived: string[] = [];
    for (let index = 0; index < count; index += 1) {
      chaos.toAgent(Buffer.from(`frame-${index};`), (frame) => arrived.push(String(frame)));
    }
    chaos.stop();
    return arrived;
  };
  const whole = Array.from({ length: 200 }, (_, index) => `frame-${index};`);

  test('loses frames, and changes nothing else', () => {
    const arrived = carry({ lose: 0.3 });
    expect(arrived.length).toBeLessThan(160);
    expect(whole.filter((frame) => arrived.includes(frame))).toEqual(arrived);
  });

  test('duplicates frames', () => {
    const arrived = carry({ duplicate: 0.3 });
    expect(arrived.length).toBeGreaterThan(240);
    expect([...new Set(arrived)]).toEqual(whole);
  });

  test('lets frames be overtaken by the next one', () => {
    const arrived = carry({ reorder: 0.3 });
    expect(arrived).not.toEqual(whole.slice(0, arrived.length));
    expect(new Set(arrived).size).toBe(arrived.length);
    for (const [place, frame] of arrived.entries()) expect(Math.abs(whole.indexOf(frame) - place)).toBeLessThan(10);
  });

  test('truncates frames', () => {
    const arrived = carry({ truncate: 0.3 });
    expect(arrived).toHaveLength(200);
    for (const [index, frame] of arrived.entries()) expect(whole[index]!.startsWith(frame)).toBe(true);
    expect(arrived.filter((frame, index) => frame !== whole[index]).length).toBeGreaterThan(30);
  });

  test('delays frames, delivers each once, and an overtaken last one in the end', () => {
    jest.useFakeTimers();
    try {
      const chaos = createChannelChaos({ reorder: 1, delayMs: 50 }, createRandom(1), nobody);
      const arrived: string[] = [];
      for (const frame of ['a', 'b', 'c']) chaos.toClient(Buffer.from(frame), (bytes) => arrived.push(String(bytes)));
      jest.advanceTimersByTime(100);
      expect(arrived.toSorted()).toEqual(['a', 'b', 'c']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('cuts, stalls and pauses again and again, at the same times for the same seed, until it is stopped', () => {
    jest.useFakeTimers();
    try {
      const record = (): readonly string[] => {
        const seen: string[] = [];
        const start = Date.now();
        const at = (what: string) => (detail?: unknown) =>
          seen.push(`${Date.now() - start} ${what} ${JSON.stringify(detail)}`);
        const chaos = createChannelChaos({ cutEveryMs: 100, halfOpenEveryMs: 250, pauseEveryMs: 40 }, createRandom(9), {
          cut: at('cut'),
          stall: at('stall'),
          publish: at('publish'),
        });
        jest.advanceTimersByTime(2000);
        chaos.stop();
        const count = seen.length;
        jest.advanceTimersByTime(2000);
        expect(seen).toHaveLength(count);
        return seen;
      };
      const first = record();
      expect(record()).toEqual(first);
      const count = (what: string): number => first.filter((line) => line.includes(` ${what} `)).length;
      expect([count('cut') >= 13, count('stall') >= 5, count('publish') >= 33]).toEqual([true, true, true]);
      expect(first.some((line) => line.includes('reset')) && first.some((line) => line.includes('1006'))).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });
});
