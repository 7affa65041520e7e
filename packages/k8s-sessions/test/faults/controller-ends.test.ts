import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scale } from '../../../../test/support/scale.js';
import { openWorld, scriptedRunner } from '../support/controller-world.js';
import type { ScriptedRunner, World } from '../support/controller-world.js';

/** Something that happens to a session, or to the service, in any order. */
type Happening =
  | { readonly what: 'claim' | 'rival' | 'phase' | 'beat' | 'sweep' | 'stop' }
  | { readonly what: 'exit'; readonly reason: 'ok' | 'nonzero' | 'signal'; readonly code: number | null }
  | { readonly what: 'pod'; readonly phase: 'running' | 'failed' | 'gone'; readonly why: string | null }
  | { readonly what: 'time'; readonly ms: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.constantFrom<Happening>({ what: 'claim' }, { what: 'rival' }),
  fc.constantFrom<Happening>(
    { what: 'phase' },
    { what: 'beat' },
    { what: 'sweep' },
    { what: 'stop' },
    { what: 'exit', reason: 'ok', code: 0 },
    { what: 'exit', reason: 'nonzero', code: 3 },
    { what: 'exit', reason: 'nonzero', code: 137 },
    { what: 'exit', reason: 'signal', code: null },
    { what: 'pod', phase: 'running', why: null },
    { what: 'pod', phase: 'failed', why: 'OOMKilled' },
    { what: 'pod', phase: 'failed', why: 'Evicted' },
    { what: 'pod', phase: 'failed', why: 'Error' },
    { what: 'pod', phase: 'gone', why: null },
  ),
  fc.constantFrom<Happening>({ what: 'time', ms: 1000 }, { what: 'time', ms: 7000 }, { what: 'time', ms: 61_000 }),
);

const fromCluster = ['oom', 'evicted', 'lost', 'cancelled'];

describe('a session, whatever is said, lost, doubled and late', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    world.controller.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('is executed at most once, ends once, and ends as it really was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 4, maxLength: 14 }), async (happenings) => {
        const { id } = await world.create();
        const runners = new Map<string, ScriptedRunner>();
        const won: ScriptedRunner[] = [];
        let kept: { readonly reason: string; readonly code: number | null } | undefined;
        let claims = 0;

        /** One runner for each Job and place, as a cluster may start a pod twice. */
        const runnerAt = (place: string): ScriptedRunner => {
          const job = [...world.cluster.jobs.values()].filter(({ session }) => session === id).at(-1);
          const key = `${job?.attempt ?? 0} ${place}`;
          const known = runners.get(key) ?? scriptedRunner(world.controller, world.cluster, id);
          runners.set(key, known);
          return known;
        };
        const claimAs = async (runner: ScriptedRunner): Promise<void> => {
          const isWon = await runner.claim().catch(() => false);
          if (!isWon || won.includes(runner)) return;
          won.push(runner);
          claims += 1;
        };

        for (const next of happenings) {
          const [winner] = won;
          if (next.what === 'claim') await claimAs(runnerAt('first'));
          else if (next.what === 'rival') await claimAs(runnerAt('second'));
          else if (next.what === 'phase') await (winner ?? runnerAt('first')).phase('running');
          else if (next.what === 'beat') {
            // Whoever has left already does not wait for wishes; it was a sign of life all the same.
            await (winner ?? runnerAt('first')).beat({}, AbortSignal.abort()).catch(() => undefined);
          } else if (next.what === 'exit') {
            const { reason, code } = next;
            const signal = reason === 'signal' ? 'SIGKILL' : null;
            const answer = await (winner ?? runnerAt('second')).exit({ reason, code, signal });
            if (answer.status === 204 && !kept) kept = { reason, code };
          } else if (next.what === 'pod') {
            const attempt = [...world.cluster.jobs.values()].filter(({ session }) => session === id).at(-1)?.attempt;
            const terminated =
              next.phase === 'failed' ? { exitCode: 137, signal: null, reason: next.why, message: null } : null;
            await world.cluster.say({ session: id, attempt: attempt ?? 1, phase: next.phase, terminated });
          } else if (next.what === 'time') await world.clock.advance(next.ms);
          else if (next.what === 'stop') await world.ask('DELETE', `/api/sessions/${id}`);
          await world.settle();
        }
        // At last the pod is gone and time goes by: nothing may stick.
        for (let round = 0; round < 5; round += 1) {
          const { attempt } = await world.row(id);
          await world.cluster.say({ session: id, attempt, phase: 'gone' });
          await world.settle();
          await world.clock.advance(61_000);
          await world.settle();
        }

        const row = await world.row(id);
        expect(claims).toBeLessThanOrEqual(1);
        expect(row.state).toBe('archived');
        const ends = (await world.store.events(id, 0, 1000)).filter(({ kind }) => kind === 'exited');
        expect(ends).toHaveLength(1);
        if (kept) {
          expect(row.exit?.code).toBe(kept.code);
          expect(row.exit?.signal).toBe(kept.reason === 'signal' ? 'SIGKILL' : null);
          const mayBeFromOutside = kept.reason === 'signal' || kept.code === 137;
          expect([kept.reason, ...(mayBeFromOutside ? ['oom', 'evicted'] : [])]).toContain(row.reason);
        } else {
          expect(row.exit?.code).toBeNull();
          expect(claims === 1 ? fromCluster : ['start_timeout', 'cancelled']).toContain(row.reason);
        }
        expect([...world.cluster.jobs.values()].filter(({ session }) => session === id && !kept)).toEqual([]);
      }),
      { numRuns: scale(12, 1500), endOnFailure: false },
    );
    expect(world.troubles).toEqual([]);
  }, 600_000);
});
