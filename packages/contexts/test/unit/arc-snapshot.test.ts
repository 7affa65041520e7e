import { describe, expect, test } from '@jest/globals';
import { formatSnapshot, parseSnapshot, replaySnapshot, replayUpstream, type Snapshot } from '@hawser/contexts/arc';
import { createKept } from '../../src/arc/kept.js';
import { healthy, minutesAgo, runner, seen, settings, subject } from '../support/arc-observations.js';

const startedAt = '2026-01-02T03:00:00.000Z';

function replayText(text: string, timeoutMs = 600_000): ReturnType<typeof replayUpstream> {
  const snapshot = parseSnapshot(text);
  if (snapshot.version !== 1) throw new Error('Not a snapshot of upstream.');
  return replayUpstream(snapshot, { subject, settings: { ...settings, timeoutMs }, startedAt });
}

const idle = { pods: [], runners: [{ name: 'a', busy: false }] };
const drained = {};
const busy = { pods: [], runners: [{ name: 'a', busy: true }] };
const pods = { pods: ['linux-x 1/1 Running'], runners: [] };

// What upstream's script makes of each, read from ops/arc/verify_runner_lifecycle.py: healthy with no line of pods and no
// busy runner; each look eats an entry; running out of entries is a failure.
const parity: readonly (readonly [why: string, snapshot: unknown, success: boolean, polls: number])[] = [
  ['idle at once', [idle], true, 1],
  ['nothing at all', [drained], true, 1],
  ['as iterations', { iterations: [idle] }, true, 1],
  ['pods, then none', [pods, idle], true, 2],
  ['busy, then pods, then none', { iterations: [busy, pods, idle] }, true, 3],
  ['idle, whatever would come after', [idle, busy], true, 1],
  ['pods for ever', [pods], false, 1],
  ['busy to the end', [busy, busy], false, 2],
  ['a pod that is spaces is no pod', [{ pods: ['  '] }], true, 1],
  ['a pod of two lines', [{ pods: ['\na'] }], false, 1],
  ['busy by a word, as Python takes it', [{ runners: [{ name: 'a', busy: 'false' }] }], false, 1],
  [
    'not busy by 0, nothing and emptiness',
    [{ runners: [{ busy: 0 }, { busy: null }, {}, { busy: '' }, { busy: [] }, { busy: {} }] }],
    true,
    1,
  ],
  ['lists that are null are lists without entries', [{ pods: null, runners: null }], true, 1],
  ['a hundred looks take no time', [...Array.from({ length: 99 }, () => busy), idle], true, 100],
];

describe("upstream's snapshots", () => {
  test.each(parity)('%s', (_, snapshot, success, polls) => {
    const report = replayText(JSON.stringify(snapshot));
    expect([report.success, report.polls]).toEqual([success, polls]);
    expect(report.outcome).toBe(success ? 'healthy' : 'snapshot-ended');
  });

  test('says which entry failed by which rule', () => {
    const { checks, notes } = replayText(JSON.stringify([busy]));
    expect(checks.find(({ id }) => id === 'C8')).toMatchObject({ status: 'fail', summary: 'Busy: a.' });
    expect(checks.filter(({ status }) => status === 'skipped')).toHaveLength(10);
    expect(notes).toBe('The snapshot ended before the runners were healthy. C8: Busy: a.');
  });
});

const whole: Snapshot = {
  kind: 'hawser.arc.snapshot',
  version: 2,
  subject,
  settings,
  startedAt: minutesAgo(1),
  dropped: 0,
  observations: [healthy()],
};

describe('a bad snapshot', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  test.each([
    ['nothing', ''],
    ['no JSON', '{"iterations": ['],
    ['a text', '"pods"'],
    ['null', 'null'],
    ['no entries', '[]'],
    ['no list of entries', '{"iterations": {}}'],
    ['an entry that is a text', '["pod"]'],
    ['pods that are no list', '[{"pods": "a"}]'],
    ['a runner that is no object', '[{"runners": ["a"]}]'],
    ['iterations by inheritance', '{"__proto__": {"iterations": []}}'],
    ['lists within lists', deep],
    ['another kind', JSON.stringify({ ...whole, kind: 'hawser.arc.report' })],
    ['a newer version', JSON.stringify({ ...whole, version: 3 })],
    ['no looks', JSON.stringify({ ...whole, observations: [] })],
    ['a time that is none', JSON.stringify({ ...whole, startedAt: 'yesterday' })],
    ['a look without GitHub', JSON.stringify({ ...whole, observations: [{ ...healthy(), github: undefined }] })],
    ['a number for a name', JSON.stringify({ ...whole, subject: { ...subject, owner: 1 } })],
    ['half a millisecond', JSON.stringify({ ...whole, settings: { ...settings, timeoutMs: 0.5 } })],
  ])('%s', (_, text) => {
    expect(() => parseSnapshot(text)).toThrow(
      expect.objectContaining({ code: 'HAWSER_ARC_SNAPSHOT_INVALID', exitCode: 2 }),
    );
  });

  test('says where', () => {
    const observations = [healthy({ cluster: { runners: seen([{ ...runner('a'), metadata: {} } as never]) } })];
    expect(() => parseSnapshot(JSON.stringify({ ...whole, observations }))).toThrow(
      'observations[0].cluster.runners.seen[0].metadata.name must be a text, and is missing.',
    );
  });

  test('what is nested in a pod or a name of upstream is not looked into', () => {
    const report = replayText(`[{"pods": [${'['.repeat(50_000)}${']'.repeat(50_000)}]}]`);
    expect(report.checks.find(({ id }) => id === 'C7')?.summary).toContain('something nested');
  });
});

describe('our own snapshots', () => {
  test('come back as they went', () => {
    expect(parseSnapshot(formatSnapshot(whole))).toEqual(whole);
  });

  test('what is not known is dropped', () => {
    const text = JSON.stringify({ ...whole, extra: 1, observations: [{ ...healthy(), extra: 1 }] });
    expect(parseSnapshot(text)).toEqual(whole);
  });

  test('are judged at the times they tell: the same looks time out or not by the recorded limit', () => {
    const looks = [0, 5, 10, 15].map((seconds) => ({
      ...healthy({ cluster: { listeners: seen([]) } }),
      at: new Date(Date.parse(whole.startedAt) + seconds * 1000).toISOString(),
    }));
    const replayed = (timeoutMs: number): ReturnType<typeof replaySnapshot> =>
      replaySnapshot({ ...whole, settings: { ...settings, timeoutMs }, observations: looks });
    expect(replayed(10_000)).toMatchObject({ outcome: 'timed-out', polls: 3, waited_ms: 10_000, success: false });
    expect(replayed(600_000)).toMatchObject({ outcome: 'snapshot-ended', polls: 4, waited_ms: 15_000 });
    expect(replaySnapshot({ ...whole, dropped: 7 })).toMatchObject({ outcome: 'healthy', polls: 8 });
  });

  test('waiting ends where a person is needed', () => {
    const observations = [healthy({ cluster: { runners: seen([runner('a', { phase: 'Failed' })]) } }), healthy()];
    expect(replaySnapshot({ ...whole, observations })).toMatchObject({ outcome: 'unhealthy', polls: 1 });
  });

  test.each([
    ['three looks', { looks: 3, characters: 1e9 }, 3],
    ['room for one', { looks: 99, characters: JSON.stringify(healthy()).length }, 1],
    ['no room at all', { looks: 0, characters: 0 }, 1],
  ])('of a long wait are bounded, and judged as the whole: %s', (_, most, left) => {
    const all = Array.from({ length: 9 }, (__, second) => ({
      ...healthy(second === 8 ? {} : { cluster: { listeners: seen([]) } }),
      at: new Date(Date.parse(whole.startedAt) + second * 1000).toISOString(),
    }));
    const kept = createKept(most);
    for (const one of all) kept.add(one);
    expect([kept.observations.length, kept.dropped]).toEqual([left, 9 - left]);
    const { observations, dropped } = kept;
    expect(replaySnapshot({ ...whole, observations, dropped })).toEqual(
      replaySnapshot({ ...whole, observations: all }),
    );
  });
});
