import { describe, expect, test } from '@jest/globals';
import { waitForSpace } from '../../src/space/wait.js';
import { FastClock, clientOf, failureOf } from '../support/hub.js';
import { space, startSpace, untilRunning } from '../support/space.js';

describe('waiting for a Space', () => {
  test('that is built and started tells its stages and every line of its build, once', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `Step ${index} é`);
    const { hub, events, bring } = await startSpace([{ lines, readings: 3 }]);
    const { commit } = await bring();
    events.length = 0;
    const end = await waitForSpace(hub, space, { commit });
    expect(end).toMatchObject({
      stage: 'RUNNING',
      proof: 'transition',
      runtime: { hardware: { current: 'cpu-basic' } },
    });
    expect(events.flatMap((event) => (event.type === 'runtime' ? [event.stage] : []))).toEqual([
      'BUILDING',
      'APP_STARTING',
      'RUNNING',
    ]);
    expect(events.flatMap((event) => (event.type === 'log' ? [event.line] : []))).toEqual(lines);
  });

  test('does not believe the RUNNING of before, however long it is answered', async () => {
    const { hub, emulator, bring } = await startSpace([{}, { staleReadings: 9 }]);
    await bring();
    await untilRunning(hub);
    const { commit } = await bring({ 'a.txt': 'a' });
    const before = emulator.requests.length;
    expect(await waitForSpace(hub, space, { commit })).toMatchObject({ proof: 'transition' });
    const readings = emulator.requests.slice(before).filter(({ path }) => path.endsWith('/runtime'));
    expect(readings.length).toBeGreaterThan(9 + 2);
  });

  test('finds the new build broken behind the RUNNING of before', async () => {
    const { hub, bring } = await startSpace([{}, { staleReadings: 5, ends: 'build-error', lines: ['COPY nothing'] }]);
    await bring();
    await untilRunning(hub);
    const { commit } = await bring({ 'a.txt': 'a' });
    expect(await failureOf(waitForSpace(hub, space, { commit }))).toMatchObject({
      code: 'HAWSER_HF_BUILD_FAILED',
      exitCode: 1,
      message: `The Space ${space} could not be built: Build failed with exit code: 1`,
      hint: expect.stringContaining('--build'),
      details: { stage: 'BUILD_ERROR', log: 'build', lines: ['COPY nothing', 'Build failed.'] },
    });
  });

  test('that is not started tells the last twenty lines it printed', async () => {
    const runLines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    const { hub, bring } = await startSpace([{ ends: 'runtime-error', runLines }]);
    const { commit } = await bring();
    expect(await failureOf(waitForSpace(hub, space, { commit }))).toMatchObject({
      code: 'HAWSER_HF_RUN_FAILED',
      message: `The Space ${space} was built, but does not run: Exit code: 1. Reason: application failed.`,
      details: { stage: 'RUNTIME_ERROR', log: 'run', lines: runLines.slice(-20) },
    });
  });

  test('that is paused is told, with what it printed', async () => {
    const { hub, bring } = await startSpace([{ runLines: ['Listening'] }]);
    await bring();
    await untilRunning(hub);
    await hub.pause(space);
    expect(await failureOf(waitForSpace(hub, space))).toMatchObject({
      code: 'HAWSER_HF_RUN_FAILED',
      message: `The Space ${space} is paused: Listening`,
      details: { stage: 'PAUSED', log: 'run', lines: ['Listening'] },
    });
  });

  test('that takes too long is given up, with the lines so far', async () => {
    const { emulator, bring } = await startSpace([{ ends: 'never', lines: ['FROM python', 'RUN sleep'] }]);
    const { commit } = await bring();
    const clock = new FastClock();
    const startedMs = clock.now();
    let lines = 0;
    let areRead = (): void => undefined;
    const reading = new Promise<void>((resolve) => (areRead = resolve));
    const hub = clientOf(emulator, {
      clock: {
        now: () => clock.now(),
        sleep: async (ms) => {
          if (clock.now() - startedMs > 300_000) await reading;
          await clock.sleep(ms);
        },
      },
      onEvent: ({ type }) => {
        if (type === 'log' && ++lines === 2) areRead();
      },
    });
    const error = await failureOf(waitForSpace(hub, space, { commit, timeoutMs: 600_000 }));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_WAIT_TIMEOUT',
      exitCode: 1,
      message: `${space} is still BUILDING after 600 s`,
      hint: expect.stringContaining('--timeout'),
      details: { stage: 'BUILDING', timeoutMs: 600_000, log: 'build', lines: ['FROM python', 'RUN sleep'] },
    });
    expect(clock.now() - startedMs).toBe(600_000);
  });

  test('that runs already is not waited for where there is no commit, and not believed after a restart', async () => {
    const { hub, clock, bring } = await startSpace();
    await bring();
    await untilRunning(hub);
    expect(await waitForSpace(hub, space)).toMatchObject({ proof: 'no-commit' });
    expect(clock.slept).toEqual([]);
    await hub.restart(space);
    expect(await waitForSpace(hub, space, { isRestarted: true })).toMatchObject({ proof: 'transition' });
    // Nothing happens any more: after a minute that is believed.
    const before = clock.now();
    expect(await waitForSpace(hub, space, { isRestarted: true })).toMatchObject({ proof: 'grace' });
    expect(clock.now() - before).toBeGreaterThanOrEqual(60_000);
  });

  test('goes on without its log, and over a runtime that cannot be read for a while', async () => {
    const { hub, emulator, bring } = await startSpace();
    const { commit } = await bring();
    emulator.fail({ path: /\/logs\//, times: 100, does: { kind: 'status', status: 403 } });
    emulator.fail({ path: /\/runtime$/, times: 3, does: { kind: 'status', status: 502 } });
    expect(await waitForSpace(hub, space, { commit })).toMatchObject({ stage: 'RUNNING' });
  });

  test('looks every second at first, and every five later', async () => {
    const { hub, clock, bring } = await startSpace([{ readings: 6 }]);
    const { commit } = await bring();
    await waitForSpace(hub, space, { commit });
    expect(clock.slept.slice(0, 6)).toEqual([1000, 1500, 2250, 3375, 5000, 5000]);
  });

  test('of which nothing is known says so', async () => {
    const { hub } = await startSpace();
    expect((await failureOf(waitForSpace(hub, space))).code).toBe('HAWSER_HF_SPACE_NOT_FOUND');
  });

  test('ends at the signal, with nothing left that reads its log', async () => {
    const { emulator, bring } = await startSpace([{ ends: 'never' }]);
    const { commit } = await bring();
    const abort = new AbortController();
    const hub = clientOf(emulator, {
      signal: abort.signal,
      clock: new FastClock(),
      onEvent: ({ type }) => {
        if (type === 'log') abort.abort(new Error('Ctrl-C'));
      },
    });
    await expect(waitForSpace(hub, space, { commit })).rejects.toThrow('Ctrl-C');
    // The emulator tells of a stream when it is over.
    await emulator.requested(({ path }) => path.endsWith('/logs/build'));
  });
});
