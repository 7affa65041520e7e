import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedSession } from '../../src/protocol/index.js';
import { openWorld } from '../support/controller-world.js';
import type { World } from '../support/controller-world.js';

describe('a session', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    world.controller.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('is created, run and ended, and each step is told', async () => {
    const answer = await world.ask('POST', '/api/sessions', {
      body: { command: 'npm start', prompt: 'Hello!', env: { A: '1' }, labels: { team: 'blue' } },
    });
    expect(answer.status).toBe(201);
    const created = (await answer.json()) as CreatedSession;
    const { sessionId: id } = created;
    expect(answer.headers.get('location')).toBe(`/api/sessions/${id}`);
    expect(created).toMatchObject({
      wsUrl: `/ws/${id}`,
      terminalUrl: `/ws/${id}#t=${created.token}`,
      state: 'requested',
      exit: null,
      labels: { team: 'blue' },
    });
    await world.settle();
    expect(await world.row(id)).toMatchObject({ state: 'starting', jobName: `job-${id}-1` });
    const runner = world.runner(id);
    expect(await runner.assignment()).toMatchObject({ command: 'npm start', prompt: 'Hello!', env: { A: '1' } });
    await runner.run();
    expect(await runner.claim()).toBe(true);
    expect(await world.runner(id).claim()).toBe(false);
    expect(await world.row(id)).toMatchObject({ state: 'running', address: '10.0.0.9', port: 7681 });
    expect((await runner.exit({ reason: 'nonzero', code: 3 })).status).toBe(204);
    expect((await runner.exit({ reason: 'nonzero', code: 3 })).status).toBe(204);
    await world.settle();
    const shown = (await (await world.ask('GET', `/api/sessions/${id}`)).json()) as CreatedSession;
    expect(shown).toMatchObject({ state: 'archived', exit: { reason: 'nonzero', code: 3, signal: null } });
    const { events } = (await (await world.ask('GET', `/api/sessions/${id}/events`)).json()) as {
      events: { kind: string }[];
    };
    const kinds = ['created', 'queued', 'starting', 'claimed', 'running', 'exited', 'archived'];
    expect(events.map(({ kind }) => kind)).toEqual(kinds);
    expect(await world.store.payload(id)).toBeUndefined();
    expect(world.troubles).toEqual([]);
  });
});
