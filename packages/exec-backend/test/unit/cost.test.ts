import { expect, test } from '@jest/globals';
import { costOf, estimateOf, fargateCost } from '../../src/core/cost.js';
import type { Execution } from '../../src/core/execution.js';

test('a run on Fargate costs what its price list says, by the second and a minute at least', () => {
  // Two minutes of a quarter of a CPU and half a gigabyte, and of a public address.
  expect(fargateCost({}, 120)).toBeCloseTo((120 / 3600) * (0.25 * 0.04048 + 0.5 * 0.004445 + 0.005), 5);
  expect(fargateCost({}, 1)).toBe(fargateCost({}, 60));
  expect(fargateCost({ platform: 'ARM64' }, 600)).toBeLessThan(fargateCost({}, 600));
  expect(fargateCost({ disk: 120 }, 3600) - fargateCost({}, 3600)).toBeCloseTo(0.0111, 5);
  expect(estimateOf({ timeout_seconds: 600 }, 'aws')).toBe(fargateCost({}, 600));
  expect(estimateOf({}, 'local')).toBeUndefined();
  const times = {
    created_at: '2026-01-01T00:00:00.000Z',
    provisioned_at: '2026-01-01T00:10:00.000Z',
    finished_at: '2026-01-01T00:20:00.000Z',
  };
  const ended = { backend: { kind: 'aws' }, request: { cpu: 1024, memory: 2048 }, times } as unknown as Execution;
  expect(costOf(ended)).toEqual({ costUsd: fargateCost({ cpu: 1024, memory: 2048 }, 600) });
});
