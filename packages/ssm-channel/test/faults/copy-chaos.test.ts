import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ChaosOptions } from '@hawser/emulators/ssm';
import { scale } from '../../../../test/support/scale.js';
import { openFarFiles } from '../support/far-files.js';
import { sha256 } from '../support/world.js';

const RUNS = scale(5, 200);
const FIRST_SEED = Number(process.env['HAWSER_SEED'] ?? 1);
const HANGS_AFTER_MS = 55_000;

const KINDS: readonly ChaosOptions[] = [
  { lose: 0.03 },
  { duplicate: 0.2 },
  { reorder: 0.3 },
  { truncate: 0.02 },
  { delayMs: 10 },
  { cutEveryMs: 300 },
  { pauseEveryMs: 60 },
  { halfOpenEveryMs: 600 },
  { lose: 0.01, duplicate: 0.05, reorder: 0.1, truncate: 0.01, delayMs: 3, cutEveryMs: 500, pauseEveryMs: 200 },
];

/** Copies a file up and down under the chaos of a seed; gives the digests of what was sent and of what arrived. */
async function run(seed: number, signal: AbortSignal): Promise<{ sent: string[]; arrived: string[] }> {
  const chaos = KINDS[seed % KINDS.length] as ChaosOptions;
  await using files = await openFarFiles({ seed, chaos });
  const [up, down] = [randomBytes(700_000), randomBytes(2_500_000)];
  await writeFile(join(files.near, 'up'), up);
  await writeFile(join(files.far, 'down'), down);
  const tuning = { keepAliveMs: 100, resume: { firstMs: 10, longestMs: 100 } };
  await files.put(join(files.near, 'up'), 'up', { tuning, signal });
  await files.get('down', join(files.near, 'down'), { tuning, signal });
  const arrived = await Promise.all([readFile(join(files.far, 'up')), readFile(join(files.near, 'down'))]);
  return { sent: [up, down].map(sha256), arrived: arrived.map(sha256) };
}

test(
  `${RUNS} copies up and down under chaos keep every byte, and none hangs`,
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const result = await run(seed, AbortSignal.timeout(HANGS_AFTER_MS)).catch((error: unknown) => ({
        error: String(error),
      }));
      if ('error' in result) throw new Error(`seed ${seed}: ${result.error} (again with HAWSER_SEED=${seed})`);
      expect({ seed, digests: result.arrived }).toEqual({ seed, digests: result.sent });
    }
  },
  RUNS * HANGS_AFTER_MS,
);
