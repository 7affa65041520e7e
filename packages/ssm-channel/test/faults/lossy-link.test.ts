import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { Random } from '../support/random.js';
import { Simulation } from '../support/simulation.js';
import type { LinkOptions } from '../support/simulation.js';

/** A link out of a seed: sometimes kind, sometimes everything at once. */
function linkOf(random: Random): LinkOptions {
  const rate = (most: number): number => (random.chance(0.5) ? 0 : random.next() * most);
  const shortest = random.integer(0, 60);
  return {
    lose: rate(0.2),
    duplicate: rate(0.2),
    damage: rate(0.05),
    delayMs: [shortest, shortest + (random.chance(0.5) ? 0 : random.integer(0, 200))],
    ...(random.chance(0.4) ? { cutEveryMs: random.integer(300, 3000) } : {}),
    ...(random.chance(0.3) ? { pauseEveryMs: random.integer(300, 3000) } : {}),
    ...(random.chance(0.3) ? { maxFrameBytes: random.pick([2000, 10_000, 20_000]) } : {}),
  };
}

const allArrived = { isUploadWhole: true, isDownloadWhole: true, keepsItsWindow: true, endings: [] };

/** A transfer both ways; throws when it does not end. */
function runSeed(seed: number): Record<keyof typeof allArrived, unknown> {
  const random = new Random(seed);
  const isEncrypted = random.chance(0.2);
  const receiveWindowBytes = random.pick([8 << 10, 64 << 10, 4 << 20]);
  const sim = new Simulation({
    seed: seed ^ 0x5bd1e995,
    link: linkOf(random),
    channel: { receiveWindowBytes, windowBytes: random.pick([4 << 10, 256 << 10, 4 << 20]) },
    agent: {
      ...(random.chance(0.2) && !isEncrypted
        ? {}
        : { sessionType: random.pick(['Port', 'NonInteractiveCommands', 'Standard_Stream']) }),
      ...(isEncrypted ? { sessionType: 'Standard_Stream', dataKey: random.bytes(64) } : {}),
      ...(random.chance(0.3) ? { maxInputPayloadBytes: random.pick([1100, 9000]) } : {}),
      window: random.integer(1, 200),
    },
  });
  sim.consumeMs = random.pick([0, 0, 5, 50]);
  const up = random.bytes(random.integer(1, 200_000));
  const down = random.bytes(random.integer(1, 100_000));
  for (let at = 0; at < down.length;) {
    const size = random.integer(1, 1024);
    sim.agent.output(down.subarray(at, at + size));
    at += size;
  }
  let written = 0;
  const write = (): void => {
    const size = random.pick([1, 100, 1024, 30_000]);
    sim.client.write(up.subarray(written, written + size), sim.nowMs);
    written += size;
    if (written < up.length) sim.at(random.integer(0, 20), write);
  };
  write();
  sim.run(() => written >= up.length && sim.client.flushed && sim.agent.isDone && sim.outputBytes >= down.length);
  return {
    isUploadWhole: sim.agent.input.equals(up),
    isDownloadWhole: sim.output.equals(down),
    keepsItsWindow: sim.mostUndelivered <= receiveWindowBytes + 1024,
    endings: sim.wishes.filter((wish) => wish.do === 'fail' || wish.do === 'end'),
  };
}

describe('a lossy link in virtual time', () => {
  test('both directions arrive byte for byte, whatever the link does', () => {
    const only = process.env['HAWSER_SEED'];
    const runs = only === undefined ? scale(120, 20_000) : 1;
    for (let run = 0; run < runs; run += 1) {
      const seed = only === undefined ? run : Number(only);
      try {
        expect(runSeed(seed)).toEqual(allArrived);
      } catch (error) {
        throw new Error(`Seed ${seed} fails; repeat with HAWSER_SEED=${seed}.`, { cause: error });
      }
    }
  });
});
