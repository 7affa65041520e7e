import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { SessionsError } from '../../src/errors.js';
import type { SessionStore } from '../../src/store/index.js';
import { openWorld } from '../support/controller-world.js';

/** A store whose database can be taken away: before any call of it, or of one kind only. */
function breakable(store: SessionStore, isAway: (method: string) => boolean): SessionStore {
  return new Proxy(store, {
    get(target, name: string) {
      const value = target[name as keyof SessionStore] as unknown;
      if (typeof value !== 'function' || name === 'close') return value;
      return async (...given: unknown[]) => {
        if (isAway(name)) throw new SessionsError('HAWSER_SESSIONS_STORE_UNAVAILABLE', 'The database does not answer.');
        return (value as (...all: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

describe('while the database is away', () => {
  test('nothing is begun, nobody is let in, what runs goes on, and the end is kept afterwards', async () => {
    let isAway = false;
    await using world = await openWorld({ wrapStore: (store) => breakable(store, () => isAway) });
    world.controller.start();
    const { id } = await world.create();
    const runner = world.runner(id);
    await runner.run();
    await world.cluster.say({ session: id, phase: 'running' });
    const jobs = world.cluster.jobs.size;

    isAway = true;
    for (const [method, path] of [
      ['POST', '/api/sessions'],
      ['GET', '/api/sessions'],
      ['DELETE', `/api/sessions/${id}`],
    ] as const) {
      const answer = await world.ask(method, path, method === 'POST' ? { body: { command: 'true' } } : {});
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toMatchObject({ code: 'store_unavailable' });
    }
    expect((await runner.exit({ reason: 'nonzero', code: 9 })).status).toBe(503);
    expect((await world.ask('GET', '/healthz')).status).toBe(200);
    const ready = await world.ask('GET', '/readyz');
    expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ ok: false })]);
    await world.clock.advance(120_000);
    expect(world.cluster.jobs.size).toBe(jobs);
    expect(world.cluster.removed).toEqual([]);

    isAway = false;
    expect((await runner.exit({ reason: 'nonzero', code: 9 })).status).toBe(204);
    await world.settle();
    expect(await world.row(id)).toMatchObject({ state: 'archived', exit: { reason: 'nonzero', code: 9 } });
  });

  test('no Job is without a row, and no session without an end, whichever call it goes away before', async () => {
    // The calls of the store that creating and starting make, one after the other; every fourth in a short run.
    for (let failing = 0; ; failing += scale(4, 1)) {
      let calls = 0;
      let isArmed = false;
      await using world = await openWorld({
        wrapStore: (store) => breakable(store, () => isArmed && calls++ === failing),
      });
      await world.key();
      world.controller.start();
      await world.ask('GET', '/api/whoami');
      await world.settle();
      isArmed = true;
      const answer = await world.ask('POST', '/api/sessions', { body: { command: 'true' } });
      await world.controller.reconcile().catch(() => undefined);
      const isThrough = calls <= failing;
      isArmed = false;
      expect([201, 503]).toContain(answer.status);
      await world.settle();
      const rows = await world.store.listSessions({ limit: 10 });
      const jobs = [...world.cluster.jobs.values()];
      for (const { session } of jobs) expect(rows.map(({ id }) => id)).toContain(session);
      for (const { id } of rows) {
        await world.runner(id).run();
        await world.runner(id, (await world.row(id)).runnerEpoch ?? '').exit();
        await world.settle();
        expect((await world.row(id)).reason).toBe('ok');
      }
      if (isThrough) return expect(failing).toBeGreaterThan(8);
    }
  });

  test('limits are counted in memory, each replica its share', async () => {
    await using world = await openWorld({
      settings: { ratePerMinute: 6, replicas: 2 },
      wrapStore: (store) => breakable(store, (method) => method === 'countRate'),
    });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      statuses.push((await world.ask('POST', '/api/sessions', { body: { command: 'true' } })).status);
    }
    expect(statuses).toEqual([201, 201, 201, 429]);
  });
});
