import { expect, test } from '@jest/globals';
import { costOf, estimateOf, fargateCost, taskSizeOf } from '../../src/core/cost.js';
import type { Execution } from '../../src/core/execution.js';

test('a run on Fargate costs what its price list says, by the second and a minute at least', () => {
  const usual = taskSizeOf({}, undefined);
  // Two minutes of a quarter of a CPU and half a gigabyte, and of a public address.
  expect(fargateCost(usual, 120)).toBeCloseTo((120 / 3600) * (0.25 * 0.04048 + 0.5 * 0.004445 + 0.005), 5);
  expect(fargateCost(usual, 1)).toBe(fargateCost(usual, 60));
  expect(fargateCost({ ...usual, platform: 'ARM64' }, 600)).toBeLessThan(fargateCost(usual, 600));
  expect(fargateCost({ ...usual, disk: 120 }, 3600) - fargateCost(usual, 3600)).toBeCloseTo(0.0111, 5);

  const stack = { cpu: 512, memory: 1024, platform: 'ARM64' } as const;
  expect(taskSizeOf({}, stack)).toEqual({ ...stack, disk: 20 });
  expect(taskSizeOf({ platform: 'auto', disk: 30 }, stack)).toEqual({ ...stack, disk: 30 });
  expect(taskSizeOf({ cpu: 1024, platform: 'X86_64' }, stack)).toMatchObject({
    cpu: 1024,
    memory: 2048,
    platform: 'X86_64',
  });

  const times = {
    created_at: '2026-01-01T00:00:00.000Z',
    provisioned_at: '2026-01-01T00:10:00.000Z',
    finished_at: '2026-01-01T00:20:00.000Z',
  };
  const request = { timeout_seconds: 900 };
  const ended = { backend: { kind: 'aws' }, request, size: usual, times } as unknown as Execution;
  expect(estimateOf(ended)).toBe(fargateCost(usual, 900));
  expect(costOf(ended)).toEqual({ costUsd: fargateCost(usual, 600) });
  const local = { ...ended, backend: { kind: 'local' } } as Execution;
  expect([estimateOf(local), costOf(local)]).toEqual([undefined, {}]);
});
