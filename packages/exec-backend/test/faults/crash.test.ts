import { describe, expect, test } from '@jest/globals';
import type { ExecutionRecord, ExecutionRequest } from '@hawser/exec-client/contract';
import { isEnd } from '@hawser/exec-client/contract';
import { scale } from '../../../../test/support/scale.js';
import { ProcessDied, World, type Fate } from '../support/world.js';

const first = 'exec_20260101000000_firstfirst';
const second = 'exec_20260101000000_second2222';
const third = 'exec_20260101000000_third33333';
const ids = [first, second, third];

const request = (execution_id: string): ExecutionRequest => ({
  execution_id,
  no_repo: true,
  command: 'true',
  lock: 'state',
  timeout_seconds: 60,
});

/**
 * Three want one lock; the third is cancelled. Every process that works on it meets the same fate; who asked asks again
 * when nothing came back, as clients do.
 */
async function story(world: World, fate: Fate): Promise<void> {
  let backend = world.open(fate);
  const insist = async (ask: () => Promise<unknown>): Promise<void> => {
    for (let tries = 0; tries < 3 && (await ask()) === undefined; tries += 1) backend = world.open(fate);
  };
  const stepAll = async (): Promise<void> => {
    for (const task of world.tasks.values()) {
      await world.step(task, backend.job).catch((error: unknown) => {
        if (!(error instanceof ProcessDied)) throw error;
        backend = world.open(fate);
      });
    }
  };
  for (const id of ids) await insist(() => world.start(backend, request(id)));
  await stepAll();
  await insist(() => world.send(backend, 'POST', `/executions/${third}/cancel`));
  for (let round = 0; round < 10; round += 1) {
    await stepAll();
    await insist(() => world.send(backend, 'GET', `/executions/${first}`));
    world.clock.move(6000);
    await backend.sweep().catch(() => (backend = world.open(fate)));
  }
}

/** A process dies at the call with this number, once. */
function dyingAt(
  number: number,
  how: 'die before' | 'die after',
): { readonly fate: Fate; readonly count: () => number } {
  let calls = 0;
  return { fate: () => (calls++ === number ? how : 'live'), count: () => calls };
}

describe('a service whose process dies', () => {
  test('at any call of a port, before it or after it, runs nothing twice and leaves nothing behind', async () => {
    const whole = dyingAt(-1, 'die before');
    const calm = new World(1);
    await story(calm, whole.fate);
    await calm.settle();
    expect([...calm.began.values()]).toEqual([1, 1]);
    const calls = whole.count();
    expect(calls).toBeGreaterThan(100);

    const stride = scale(8, 1);
    for (const how of ['die before', 'die after'] as const) {
      for (let number = how === 'die before' ? 0 : stride >> 1; number < calls; number += stride) {
        const world = new World(1);
        await story(world, dyingAt(number, how).fate);
        await world.settle();
        const records: ExecutionRecord[] = [];
        for (const id of ids) records.push(await world.record(id));
        const seen = {
          call: `${how} call ${number}`,
          wrongs: world.wrongs,
          twice: [...world.began].filter(([, times]) => times > 1),
          open: records.filter(({ phase }) => !isEnd(phase)).map(({ execution_id: id }) => id),
          odd: records.filter(({ phase }) => phase === 'lost').map(({ execution_id: id }) => id),
          locks: await world.locks(),
          signs: await world.store.list('OPEN', { limit: 10 }),
        };
        expect(seen).toEqual({ call: seen.call, wrongs: [], twice: [], open: [], odd: [], locks: [], signs: [] });
        // What ended well did run, and what never ran did not end well.
        for (const { execution_id: id, phase } of records) {
          expect([seen.call, phase === 'succeeded']).toEqual([
            seen.call,
            world.began.get(id) === 1 && phase !== 'cancelled',
          ]);
        }
      }
    }
  });
});
