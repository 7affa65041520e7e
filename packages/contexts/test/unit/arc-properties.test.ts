import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatSnapshot, parseSnapshot, replaySnapshot, type Observation, type Snapshot } from '@hawser/contexts/arc';
import { judge } from '../../src/arc/checks/all.js';
import { observation as readObservation } from '../../src/arc/evidence/observation.js';
import {
  at,
  githubRunner,
  healthy,
  listenerPod,
  lost,
  minutesAgo,
  refused,
  runner,
  runnerPod,
  scaleSet,
  seen,
  settings,
  subject,
} from '../support/arc-observations.js';

const asked = { subject, settings };
const names = fc.constantFrom('linux-aaaaa-runner-bbbbb', 'linux-ccccc-runner-ddddd', 'gpu-aaaaa-runner-bbbbb');
const unseen = fc.constantFrom(lost, refused);
const orUnseen = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<{ readonly seen: T } | typeof lost | typeof refused> =>
  fc.oneof({ weight: 6, arbitrary: arbitrary.map(seen) }, { weight: 1, arbitrary: unseen });
const runners = fc.array(
  fc
    .record({
      name: names,
      phase: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed', 'Outdated', undefined),
      runnerId: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      jobId: fc.option(fc.constant('job'), { nil: undefined }),
      deletedMinutesAgo: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
      finalizers: fc.subarray(['ephemeralrunner.actions.github.com/finalizer']),
    })
    .map(({ name, phase, runnerId, jobId, deletedMinutesAgo, finalizers }) =>
      runner(
        name,
        JSON.parse(JSON.stringify({ phase, runnerId, jobId })) as object,
        deletedMinutesAgo === undefined ? {} : { deletionTimestamp: minutesAgo(deletedMinutesAgo), finalizers },
      ),
    ),
  { maxLength: 4 },
);
const observations: fc.Arbitrary<Observation> = fc
  .record({
    sets: orUnseen(
      fc.array(
        fc
          .record({
            name: fc.constantFrom('linux', 'gpu'),
            phase: fc.constantFrom('Pending', 'Running', 'Outdated'),
            currentRunners: fc.nat(3),
            minRunners: fc.nat(3),
          })
          .map(({ name, phase, currentRunners, minRunners }) =>
            scaleSet({ metadata: { name }, spec: { minRunners }, status: { phase, currentRunners } }),
          ),
        { maxLength: 2 },
      ),
    ),
    runners: orUnseen(runners),
    pods: orUnseen(
      fc.array(
        fc.tuple(names, fc.constantFrom('Pending', 'Running', 'Failed')).map(([name, phase]) => runnerPod(name, phase)),
        { maxLength: 3 },
      ),
    ),
    listenerPods: orUnseen(fc.subarray([listenerPod()])),
    atGithub: orUnseen(
      fc.record({
        items: fc.array(
          fc
            .tuple(fc.integer({ min: 1, max: 4 }), names, fc.boolean(), fc.constantFrom('online', 'offline'))
            .map(([id, name, busy, status]) => githubRunner(id, name, { busy, status, labels: [] })),
          { maxLength: 4 },
        ),
        complete: fc.boolean(),
      }),
    ),
  })
  .map(({ atGithub, ...cluster }) => healthy({ cluster, github: { runners: atGithub } }));

test('every look is judged by all checks, which say what to do', () => {
  fc.assert(
    fc.property(observations, (look) => {
      const found = judge(look, asked);
      expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, (_, index) => `C${index + 1}`));
      for (const { status, summary, advice, final } of found) {
        expect(summary).not.toMatch(/undefined|null|\[object/u);
        if (status === 'fail' || status === 'warn') expect(advice?.length).toBeGreaterThan(5);
        if (final !== undefined) expect(status).toBe('fail');
      }
    }),
  );
});

test('no set is healthy that is busy, has more than is kept, or was not seen', () => {
  fc.assert(
    fc.property(observations, (look) => {
      const { cluster, github } = look;
      const parts = [cluster.sets, cluster.runners, cluster.pods, github.runners];
      const set = 'seen' in cluster.sets && cluster.sets.seen.find(({ metadata }) => metadata.name === 'linux');
      const known =
        'seen' in cluster.runners ? cluster.runners.seen.flatMap(({ status }) => status?.runnerId ?? []) : [];
      const isIdle =
        set &&
        parts.every((part) => 'seen' in part) &&
        'seen' in cluster.pods &&
        cluster.pods.seen.length <= (set.spec.minRunners ?? 0) &&
        (set.status?.currentRunners ?? 0) <= (set.spec.minRunners ?? 0) &&
        'seen' in github.runners &&
        github.runners.seen.items.every(({ id, busy }) => !busy || !known.includes(id));
      if (!isIdle) expect(judge(look, asked).some(({ status }) => status === 'fail')).toBe(true);
    }),
  );
});

test('a runner that becomes busy never makes a set healthy', () => {
  fc.assert(
    fc.property(observations, (look) => {
      const { runners: list } = look.github;
      fc.pre('seen' in list);
      const more = [...list.seen.items, githubRunner(99, 'linux-zzzzz-runner-zzzzz', { busy: true })];
      const busier = { ...look, github: { ...look.github, runners: seen({ ...list.seen, items: more }) } };
      expect(judge(busier, asked).find(({ id }) => id === 'C8')?.status).toBe('fail');
    }),
  );
});

test('the order of what the APIs list does not matter to the verdict', () => {
  fc.assert(
    fc.property(observations, (look) => {
      const turned = JSON.parse(JSON.stringify(look)) as Observation;
      const lists = [turned.cluster.runners, turned.cluster.pods, turned.cluster.listenerPods] as const;
      for (const list of lists) if ('seen' in list) (list.seen as unknown[]).reverse();
      if ('seen' in turned.github.runners) (turned.github.runners.seen.items as unknown[]).reverse();
      const verdict = (one: Observation): unknown =>
        judge(one, asked).map(({ id, status, final }) => [id, status, final]);
      expect(verdict(turned)).toEqual(verdict(look));
    }),
  );
});

test('a recording is judged byte for byte as what was recorded', () => {
  fc.assert(
    fc.property(fc.array(observations, { minLength: 1, maxLength: 4 }), (looks) => {
      const snapshot: Snapshot = {
        kind: 'hawser.arc.snapshot',
        version: 2,
        subject,
        settings,
        startedAt: at,
        dropped: 0,
        observations: looks,
      };
      const back = parseSnapshot(formatSnapshot(snapshot)) as Snapshot;
      expect(JSON.stringify(replaySnapshot(back))).toBe(JSON.stringify(replaySnapshot(snapshot)));
    }),
  );
});

test('whatever stands in the place of a look is read, or refused by saying where', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), fc.nat(3), (value, place) => {
      const look = healthy() as unknown as Record<string, Record<string, unknown>>;
      const path = [
        ['cluster', 'sets'],
        ['cluster', 'runners'],
        ['github', 'runners'],
        ['github', 'jobs'],
      ][place];
      const [half = '', part = ''] = path ?? [];
      const bent = { ...look, [half]: { ...look[half], [part]: value } };
      try {
        judge(readObservation(bent, ''), asked);
      } catch (error) {
        expect(error).toMatchObject({ path: expect.stringContaining(`${half}.${part}`) });
      }
    }),
  );
});
