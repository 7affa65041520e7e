import { expect, test } from '@jest/globals';
import { startHubEmulator, type HubEmulator } from '@hawser/emulators/hub';
import { dice, givenSeed } from '../../../../test/support/dice.js';
import { Vitals, recordLongRun } from '../../../../test/support/long-run.js';
import { scale } from '../../../../test/support/scale.js';
import { HfPushError } from '../../src/errors.js';
import { push } from '../../src/push/push.js';
import type { PushResult } from '../../src/push/types.js';
import type { Staged } from '../../src/tree/types.js';
import { FastClock, binary, clientOf, pushing, stagedOf } from '../support/hub.js';
import { interpose, type Deed, type Interposer } from '../support/interposer.js';

const space = 'hawser/echo_env';
/** Pushes that go to one Hub: what it keeps must not be taken for what we do. */
const perHub = 25;

const anywhere = [
  /./,
  /whoami/,
  /expand\[\]=sha/,
  /\/tree\//,
  /\/preupload\//,
  /objects\/batch/,
  /storage/,
  /commit\/main/,
];

/** What goes wrong next, drawn from the seed. */
function deed(roll: () => number): Deed {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(roll() * of.length)] as T;
  const kind = roll();
  if (kind < 0.4) return { kind: 'answer', status: pick([429, 500, 502, 503, 504]) };
  if (kind < 0.55) return { kind: 'answer', status: pick([400, 403, 404, 409, 412]) };
  if (kind < 0.7) return { kind: 'answer-after', status: pick([200, 500, 504]) };
  if (kind < 0.85) return { kind: 'cut-answer', half: roll() < 0.5 };
  return { kind: 'cut', bytes: Math.floor(roll() * 400) };
}

interface Sums {
  done: number;
  unchanged: number;
  failed: number;
  troubles: number;
}

/** Pushes to one Hub that fails again and again, and after each that failed one in calm. */
async function pushOften(seed: number, sums: Sums): Promise<void> {
  const emulator = await startHubEmulator({ multipartBytes: 2000 });
  try {
    await using between = await interpose(emulator);
    await pushThrough(emulator, between, seed, sums);
  } finally {
    await emulator.close();
  }
}

async function pushThrough(emulator: HubEmulator, between: Interposer, seed: number, sums: Sums): Promise<void> {
  const roll = dice(seed);
  for (let turn = 0; turn < perHub; turn += 1) {
    // A third of them push what is there already.
    const version = roll() < 0.33 ? turn - 1 : turn;
    const staged = stagedOf({
      'server/app.py': `app = ${version}\n`,
      'data/weights.bin': binary(3000 + (version % 3) * 1000, seed),
      'logo.png': binary(300, version + 2),
    });
    for (let count = Math.floor(roll() * 4); count > 0; count -= 1) {
      const path = anywhere[Math.floor(roll() * anywhere.length)] ?? /./;
      between.trouble({ path, after: Math.floor(roll() * 4), times: 1 + Math.floor(roll() * 6), does: deed(roll) });
      sums.troubles += 1;
    }
    await pushOnce(emulator, between, staged, sums);
  }
}

async function pushOnce(emulator: HubEmulator, between: Interposer, staged: Staged, sums: Sums): Promise<void> {
  const run = (): Promise<PushResult> =>
    push(clientOf(emulator, { endpoint: between.endpoint, clock: new FastClock() }), pushing(staged));
  const commits = emulator.head(space)?.commits ?? 1;
  let end: PushResult;
  try {
    end = await run();
  } catch (error) {
    if (!(error instanceof HfPushError)) throw error;
    sums.failed += 1;
    between.calm();
    end = await run();
  }
  between.calm();
  sums.done += 1;
  if (end.unchanged) sums.unchanged += 1;
  const head = emulator.head(space);
  expect(head).toMatchObject({ commit: end.commit, tree: end.treeId });
  // Whatever was lost on the way, nothing was committed twice.
  expect((head?.commits ?? 0) - commits).toBeLessThanOrEqual(1);
}

test('pushes by the hundred to a Hub that fails: each ends with its tree or an error of ours, and with one commit at most; memory stays flat', async () => {
  const startedMs = performance.now();
  const hubs = scale(2, 40);
  const vitals = new Vitals();
  const sums: Sums = { done: 0, unchanged: 0, failed: 0, troubles: 0 };
  for (let hub = 0; hub < hubs; hub += 1) {
    const seed = givenSeed * 100_003 + hub;
    await pushOften(seed, sums).catch((error: Error) => {
      throw new Error(`With HAWSER_SEED=${givenSeed}, Hub ${hub}: ${error.message}`, { cause: error });
    });
    vitals.sample();
  }
  expect(sums.done).toBe(hubs * perHub);
  expect(sums.failed).toBeGreaterThan(0);
  expect(sums.unchanged).toBeGreaterThan(0);
  const { figures, grown } = vitals.growth;
  expect(grown).toEqual([]);
  recordLongRun('pushes', `${sums.done} pushes to a Hub that fails`, startedMs, {
    pushes: sums.done,
    'without a commit': sums.unchanged,
    'failed first': sums.failed,
    'troubles made': sums.troubles,
    ...figures,
  });
});
