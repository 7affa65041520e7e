import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '../../src/link/backoff.js';
import type { LinkFailure } from '../../src/link/failure.js';
import { createLinkMachine, type LinkMachine, type LinkMachineEvent } from '../../src/link/machine.js';

const broken: LinkFailure = { cause: 'killed', message: 'killed', hint: '', permanent: false };
const denied: LinkFailure = { cause: 'access-denied', message: 'denied', hint: '', permanent: true };
const expired: LinkFailure = { ...denied, cause: 'credentials', authCommand: 'aws sso login' };

/** A machine whose first attempt came up. */
function ready(options: { readonly renewAtMs?: number; readonly random?: () => number } = {}): LinkMachine {
  const machine = createLinkMachine({ random: options.random ?? (() => 0.5), nowMs: 0 });
  machine.feed({ type: 'want' }, 0);
  machine.feed({ type: 'opened', attempt: 1, renewAtMs: options.renewAtMs }, 0);
  expect(machine.take()).toEqual([
    { do: 'open', attempt: 1 },
    { do: 'adopt', attempt: 1 },
  ]);
  return machine;
}

describe('a link', () => {
  test('is opened when somebody wants it, once', () => {
    const machine = createLinkMachine({ random: () => 0, nowMs: 0 });
    expect(machine.view.state).toBe('idle');
    machine.feed({ type: 'want' }, 1);
    machine.feed({ type: 'want' }, 2);
    expect(machine.take()).toEqual([{ do: 'open', attempt: 1 }]);
    expect(machine.view).toEqual({ state: 'connecting', sinceMs: 1, connects: 0 });
  });

  test('that was good and broke is made anew at once', () => {
    const machine = ready();
    machine.feed({ type: 'ended', attempt: 1, failure: broken }, 5_000);
    expect(machine.view).toMatchObject({ state: 'reconnecting', failure: broken, nextTryAtMs: 5_000 });
    machine.tick(5_000);
    expect(machine.take()).toEqual([{ do: 'open', attempt: 2 }]);
    expect(machine.view.nextTryAtMs).toBeUndefined();
  });

  test('that breaks again and again is tried at ever longer intervals; after a good minute all is forgotten', () => {
    const machine = ready({ random: () => 0.999_999 });
    let nowMs = 0;
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 24; attempt++) {
      machine.feed({ type: 'ended', attempt, failure: broken }, nowMs);
      pauses.push(machine.wakeAtMs! - nowMs);
      nowMs = machine.wakeAtMs!;
      machine.tick(nowMs);
      machine.feed({ type: 'opened', attempt: attempt + 1 }, nowMs);
    }
    const early = Array.from({ length: 14 }, () => 999);
    expect(pauses).toEqual([0, 249, 499, ...early, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999]);
    machine.feed({ type: 'ended', attempt: 25, failure: broken }, nowMs + 60_000);
    expect(machine.wakeAtMs).toBe(nowMs + 60_000);
  });

  test('that needs a person waits for one, and a retry goes on', () => {
    const machine = ready();
    machine.feed({ type: 'ended', attempt: 1, failure: expired }, 10);
    expect(machine.view.state).toBe('needs-auth');
    expect(machine.wakeAtMs).toBeUndefined();
    machine.feed({ type: 'retry' }, 20);
    expect(machine.take()).toEqual([{ do: 'open', attempt: 2 }]);
    machine.feed({ type: 'opened', attempt: 2 }, 30);
    expect(machine.view).toEqual({ state: 'ready', sinceMs: 30, connects: 2 });
  });

  test('that cannot come up has failed, until it is restarted', () => {
    const machine = createLinkMachine({ random: () => 0, nowMs: 0 });
    machine.feed({ type: 'want' }, 0);
    machine.feed({ type: 'open-failed', attempt: 1, failure: denied }, 1);
    expect(machine.view.state).toBe('failed');
    expect(machine.wakeAtMs).toBeUndefined();
    machine.feed({ type: 'restart' }, 2);
    expect(machine.take()).toEqual([
      { do: 'open', attempt: 1 },
      { do: 'open', attempt: 2 },
    ]);
    expect(machine.view).toEqual({ state: 'connecting', sinceMs: 2, connects: 0 });
  });

  test('that will be cut is replaced before: the new one is there before the old one goes', () => {
    const machine = ready({ renewAtMs: 3_000 });
    machine.tick(2_999);
    expect(machine.take()).toEqual([]);
    machine.tick(3_000);
    expect(machine.take()).toEqual([{ do: 'open', attempt: 2 }]);
    expect(machine.view.state).toBe('ready');
    machine.feed({ type: 'opened', attempt: 2 }, 3_100);
    expect(machine.take()).toEqual([
      { do: 'adopt', attempt: 2 },
      { do: 'retire', attempt: 1 },
    ]);
    machine.feed({ type: 'ended', attempt: 1, failure: broken }, 3_200);
    expect(machine.view).toEqual({ state: 'ready', sinceMs: 0, connects: 2 });
  });

  test('whose replacement fails goes on, and the replacement is tried again', () => {
    const machine = ready({ renewAtMs: 3_000 });
    machine.tick(3_000);
    machine.feed({ type: 'open-failed', attempt: 2, failure: denied }, 3_100);
    expect(machine.view.state).toBe('ready');
    expect(machine.wakeAtMs).toBe(4_100);
    machine.tick(4_100);
    expect(machine.take()).toEqual([
      { do: 'open', attempt: 2 },
      { do: 'open', attempt: 3 },
    ]);
  });

  test('that breaks while its replacement comes up waits for that one', () => {
    const machine = ready({ renewAtMs: 3_000 });
    machine.tick(3_000);
    machine.feed({ type: 'ended', attempt: 1, failure: broken }, 3_100);
    expect(machine.view.state).toBe('reconnecting');
    machine.feed({ type: 'opened', attempt: 2 }, 3_200);
    expect(machine.take()).toEqual([
      { do: 'open', attempt: 2 },
      { do: 'adopt', attempt: 2 },
    ]);
  });

  test('is degraded while it is asked, and ready when it has answered', () => {
    const machine = ready();
    machine.feed({ type: 'suspect' }, 1);
    expect(machine.view.state).toBe('degraded');
    machine.feed({ type: 'cleared' }, 2);
    expect(machine.view.state).toBe('ready');
  });
});

const events: fc.Arbitrary<(attempts: number) => LinkMachineEvent> = fc.oneof(
  ...(['want', 'suspect', 'cleared', 'retry', 'restart', 'stop'] as const).map((type) => fc.constant(() => ({ type }))),
  fc
    .tuple(fc.nat(3), fc.option(fc.nat(5_000), { nil: undefined }))
    .map(([back, renewAtMs]) => (attempts: number): LinkMachineEvent => ({
      type: 'opened',
      attempt: attempts - back,
      renewAtMs,
    })),
  fc
    .tuple(fc.nat(3), fc.constantFrom(broken, denied, expired))
    .map(([back, failure]) => (attempts: number): LinkMachineEvent => ({
      type: 'open-failed',
      attempt: attempts - back,
      failure,
    })),
  fc
    .tuple(fc.nat(3), fc.constantFrom(broken, denied, expired, undefined))
    .map(([back, failure]) => (attempts: number): LinkMachineEvent => ({
      type: 'ended',
      attempt: attempts - back,
      failure,
    })),
);

test('whatever happens: never two attempts at once, a ready link is there, a waiting one has a reason to wake', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(events, fc.nat(40_000)), { maxLength: 60 }), (steps) => {
      const machine = createLinkMachine({ random: () => 0.5, nowMs: 0 });
      let nowMs = 0;
      let attempts = 0;
      let current: number | undefined;
      let opening: number | undefined;
      for (const [make, passed] of steps) {
        nowMs += passed;
        const event = make(attempts);
        // What cannot happen: an attempt coming up or failing that is not under way, or comes up twice.
        if ('attempt' in event && event.type !== 'ended' && event.attempt !== opening) continue;
        if (event.type === 'ended' && event.attempt !== current) continue;
        machine.feed(event, nowMs);
        if (event.type === 'opened' || event.type === 'open-failed') opening = undefined;
        if (event.type === 'ended') current = undefined;
        machine.tick(nowMs);
        for (const wish of machine.take()) {
          if (wish.do === 'open') {
            expect(opening).toBeUndefined();
            expect(wish.attempt).toBe((attempts += 1));
            opening = wish.attempt;
          }
          if (wish.do === 'adopt') current = wish.attempt;
          if (wish.do === 'drop' && wish.attempt === current) current = undefined;
          if (wish.do === 'drop' && wish.attempt === opening) opening = undefined;
        }
        const { state } = machine.view;
        if (state === 'ready' || state === 'degraded') expect(current).toBeDefined();
        else expect(current).toBeUndefined();
        if (state === 'connecting') expect(opening).toBeDefined();
        if (state === 'reconnecting') expect(opening !== undefined || machine.wakeAtMs !== undefined).toBe(true);
        if (['stopped', 'failed', 'needs-auth', 'idle'].includes(state)) {
          expect(opening).toBeUndefined();
          expect(machine.wakeAtMs).toBeUndefined();
        }
      }
    }),
  );
});

test('pauses stay within their span, which doubles up to half a minute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (n, r) => {
        const pause = backoffMs(n, () => r);
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThan(Math.min(30_000, 250 * 2 ** (n - 1)));
      },
    ),
  );
});
