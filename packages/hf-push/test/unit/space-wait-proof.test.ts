import { describe, expect, test } from '@jest/globals';
import type { HfPushEvent } from '../../src/events.js';
import { openHub } from '../../src/hub/open.js';
import type { Hub } from '../../src/hub/types.js';
import { waitForSpace } from '../../src/space/wait.js';
import { FastClock, failureOf } from '../support/hub.js';
import { addressOf } from '../support/scripted-hub.js';

const COMMITTED = '2026-05-01T12:00:05.000Z';

/**
 * A Hub whose runtime passes these stages, the last for ever, and whose build log has these lines, by time; `isLate`: a
 * while after the Space runs.
 */
function hubOf(
  stages: readonly string[],
  log: Readonly<Record<string, string>> = {},
  isLate = false,
): { readonly hub: Hub; readonly clock: FastClock; readonly events: HfPushEvent[] } {
  let readings = 0;
  const clock = new FastClock();
  const events: HfPushEvent[] = [];
  let runs = (): void => undefined;
  const running = new Promise<void>((resolve) => (runs = resolve));
  const answer = async (path: string, signal: AbortSignal | null | undefined): Promise<Response> => {
    if (path.includes('/commits/'))
      return Response.json([{ id: 'c1', title: 't', message: '', authors: [], date: COMMITTED }]);
    if (path.endsWith('/runtime')) {
      const stage = stages[Math.min(readings++, stages.length - 1)];
      if (stage === 'RUNNING') runs();
      return Response.json({ stage });
    }
    if (isLate) {
      await running;
      for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
    const lines = Object.entries(log).map(([timestamp, data]) => `data: ${JSON.stringify({ data, timestamp })}\n\n`);
    return new Response(path.endsWith('/logs/build') ? lines.join('') : '');
  };
  const hub = openHub({
    endpoint: 'https://hub.test',
    token: 'hf_a',
    fetch: async (input, init) => await answer(new URL(addressOf(input)).pathname, init?.signal),
    clock,
    onEvent: (event) => events.push(event),
  });
  return { hub, clock, events };
}

const wait = (hub: Hub): ReturnType<typeof waitForSpace> => waitForSpace(hub, 'a/b', { commit: 'c1' });

describe('that it is the awaited commit that runs', () => {
  test('is proven by a line of its build', async () => {
    const { hub, clock } = hubOf(['RUNNING'], { '2026-05-01T12:00:06.000Z': 'FROM python' });
    expect(await wait(hub)).toMatchObject({ proof: 'build-log' });
    expect(clock.now() - 1_700_000_000_000).toBeLessThan(60_000);
  });

  test.each([
    ['older than the commit', '2026-05-01T12:00:04.999Z', 0],
    ['of the second in which it was made', '2026-05-01T12:00:05.999Z', 1],
    ['without a time', '', 0],
  ])('is not proven by a line %s', async (_what, timestamp, told) => {
    const { hub, clock, events } = hubOf(['RUNNING'], { [timestamp]: 'Pushing image' });
    expect(await wait(hub)).toMatchObject({ proof: 'grace' });
    expect(clock.now() - 1_700_000_000_000).toBeGreaterThanOrEqual(60_000);
    expect(events.filter(({ type }) => type === 'log')).toHaveLength(told);
  });

  test.each(['BUILDING', 'RUNNING_BUILDING', 'APP_STARTING', 'A_STAGE_OF_NEXT_YEAR'])(
    'is proven by %s before it',
    async (stage) => {
      const { hub } = hubOf(['RUNNING', stage, 'RUNNING']);
      expect(await wait(hub)).toMatchObject({ stage: 'RUNNING', proof: 'transition' });
    },
  );

  test('and failures of before are not believed either', async () => {
    const { hub } = hubOf(['BUILD_ERROR', 'BUILD_ERROR', 'BUILDING', 'RUNNING']);
    expect(await wait(hub)).toMatchObject({ proof: 'transition' });
  });
});

test('the end of the build log is told, though the Space runs before it comes', async () => {
  const { hub, events } = hubOf(['BUILDING', 'RUNNING'], { '2026-05-01T12:00:09.000Z': 'Pushing image' }, true);
  expect(await wait(hub)).toMatchObject({ proof: 'transition' });
  expect(events).toContainEqual({
    type: 'log',
    log: 'build',
    timestamp: '2026-05-01T12:00:09.000Z',
    line: 'Pushing image',
  });
});

test.each([
  ['BUILD_ERROR', 'HAWSER_HF_BUILD_FAILED', 'could not be built'],
  ['CONFIG_ERROR', 'HAWSER_HF_BUILD_FAILED', 'has front matter the Hub does not take'],
  ['NO_APP_FILE', 'HAWSER_HF_BUILD_FAILED', 'has no Dockerfile'],
  ['RUNTIME_ERROR', 'HAWSER_HF_RUN_FAILED', 'was built, but does not run'],
  ['STOPPED', 'HAWSER_HF_RUN_FAILED', 'is stopped'],
  ['PAUSED', 'HAWSER_HF_RUN_FAILED', 'is paused'],
  ['SLEEPING', 'HAWSER_HF_RUN_FAILED', 'is asleep'],
  ['DELETING', 'HAWSER_HF_RUN_FAILED', 'is being deleted'],
])('a Space at %s is %s: it %s', async (stage, code, what) => {
  const { hub } = hubOf([stage]);
  expect(await failureOf(waitForSpace(hub, 'a/b'))).toMatchObject({
    code,
    message: `The Space a/b ${what}`,
    details: { stage, lines: [] },
  });
});

test('a Space of which the Hub says nothing is waited for until the time is over', async () => {
  const { hub, clock } = hubOf(['']);
  expect(await failureOf(waitForSpace(hub, 'a/b', { timeoutMs: 90_000 }))).toMatchObject({
    code: 'HAWSER_HF_WAIT_TIMEOUT',
    message: 'a/b is still UNKNOWN after 90 s',
  });
  expect(clock.now() - 1_700_000_000_000).toBe(90_000);
});
