import { describe, expect, test } from '@jest/globals';
import { isEnd } from '@hawser/exec-client/contract';
import { scale } from '../../../../test/support/scale.js';
import type { Lock } from '../../src/core/lock-queue.js';
import type { Backend } from '../../src/index.js';
import { World, type Fate } from '../support/world.js';

const racers = 20;

/** Numbers that a seed repeats (mulberry32). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Who came to a lock, and who got it, in the order in which the store took it in. */
function watchLock(world: World): { readonly came: string[]; readonly got: string[] } {
  const seen = { came: [] as string[], got: [] as string[] };
  const put = world.store.put.bind(world.store);
  world.store.put = async (row, expected) => {
    const version = await put(row, expected);
    if (row.partition !== 'LOCK' || version === undefined) return version;
    const { holder, queue } = row.data as unknown as Lock;
    for (const { id } of [...(holder ? [holder] : []), ...queue]) if (!seen.came.includes(id)) seen.came.push(id);
    if (holder && seen.got.at(-1) !== holder.id) seen.got.push(holder.id);
    return version;
  };
  return seen;
}

async function race(seed: number): Promise<void> {
  const roll = dice(seed);
  const world = new World(seed);
  const lock = watchLock(world);
  // Calls take turns in any order, and now and then a process ends before or after one of them.
  const fate: Fate = () => {
    const number = roll();
    if (number < 0.01) return 'die before';
    if (number < 0.02) return 'die after';
    return number < 0.5 ? 'wait' : 'live';
  };
  const ids = Array.from(
    { length: racers },
    (_, index) => `exec_20260101000000_racer${'abcdefghijklmnopqrst'[index]}aa`,
  );

  const ask = async (id: string): Promise<void> => {
    const request = { execution_id: id, no_repo: true, command: 'true', lock: 'state', timeout_seconds: 20_000 };
    for (;;) if ((await world.start(world.open(fate), request)) !== undefined) return;
  };
  await Promise.all(ids.map(ask));

  const quietly = async (work: (backend: Backend) => Promise<unknown>): Promise<void> => {
    await work(world.open(fate)).catch(() => undefined);
  };
  for (let round = 0; round < 3000; round += 1) {
    const tasks = [...world.tasks.values()];
    const task = tasks[Math.floor(roll() * tasks.length)];
    const which = roll();
    if (task && which < 0.5) {
      // A quarter of what tasks tell is lost, and events of tasks come twice, late, or not at all.
      await quietly((backend) => world.step(task, backend.job, { tells: roll() > 0.25 }));
      if (roll() < 0.3) {
        const event = { executionId: task.job.executionId };
        await Promise.all([quietly((b) => b.taskChanged(event)), quietly((b) => b.taskChanged(event))]);
      }
    } else if (which < 0.6) {
      await quietly((backend) => backend.taskChanged({ executionId: ids[Math.floor(roll() * racers)] ?? '' }));
    } else if (which < 0.7) {
      world.clock.move(Math.floor(roll() * 20_000));
      await Promise.all([quietly((b) => b.sweep()), quietly((b) => b.sweep())]);
    }
    if (tasks.length >= racers && tasks.every(({ state }) => state === 'stopped')) break;
  }
  await world.settle();

  const ran = ids.filter((id) => world.began.has(id));
  const fences = world.fences.get('state') ?? [];
  expect(world.wrongs).toEqual([]);
  expect([...world.began.values()].filter((times) => times > 1)).toEqual([]);
  expect(fences).toEqual([...fences].toSorted((a, b) => a - b));
  expect(lock.got).toEqual(lock.came);
  expect(lock.got).toHaveLength(racers);
  expect(await world.locks()).toEqual([]);
  const phases = await Promise.all(ids.map(async (id) => (await world.record(id)).phase));
  expect(phases.filter((phase) => !isEnd(phase))).toEqual([]);
  expect(phases.filter((phase) => phase === 'succeeded')).toHaveLength(ran.length);
  expect(ran.length).toBeGreaterThan(racers / 2);
}

describe('twenty that want one lock at once', () => {
  const only = process.env['HAWSER_SEED'];
  const seeds = only === undefined ? Array.from({ length: scale(2, 1000) }, (_, index) => index + 1) : [Number(only)];

  test('get it one after the other, in the order in which they came, under growing numbers', async () => {
    for (const seed of seeds) {
      try {
        await race(seed);
      } catch (error) {
        throw new Error(`With HAWSER_SEED=${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
