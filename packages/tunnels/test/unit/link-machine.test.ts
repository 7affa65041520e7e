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

describe('a link that', () => {
  test('never came up is tried after growing pauses, from the first failure on', () => {
    const machine = createLinkMachine({ random: () => 0.999_999, nowMs: 0 });
    machine.feed({ type: 'want' }, 0);
    let nowMs = 0;
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      machine.feed({ type: 'open-failed', attempt, failure: broken }, nowMs);
      pauses.push(machine.wakeAtMs! - nowMs);
      machine.tick(machine.wakeAtMs! - 1);
      expect(machine.view).toMatchObject({ state: 'reconnecting', sinceMs: 0, nextTryAtMs: machine.wakeAtMs });
      nowMs = machine.wakeAtMs!;
      machine.tick(nowMs);
    }
    expect(pauses).toEqual([249, 249, 499, 999, 999]);
    expect(machine.take()).toHaveLength(6);
  });

  test('was not good for a minute is not forgotten its failures', () => {
    const machine = ready({ random: () => 0.999_999 });
    machine.feed({ type: 'ended', attempt: 1, failure: broken }, 1_000);
    machine.tick(1_000);
    machine.feed({ type: 'opened', attempt: 2 }, 2_000);
    machine.feed({ type: 'ended', attempt: 2, failure: broken }, 61_999);
    expect(machine.wakeAtMs).toBe(61_999 + 249);
    machine.tick(70_000);
    machine.feed({ type: 'opened', attempt: 3 }, 70_000);
    machine.feed({ type: 'ended', attempt: 3, failure: broken }, 130_000);
    expect(machine.wakeAtMs).toBe(130_000);
  });

  test('comes up when nobody waits for it any more is dropped', () => {
    const machine = createLinkMachine({ random: () => 0, nowMs: 0 });
    machine.feed({ type: 'want' }, 0);
    machine.feed({ type: 'restart' }, 1);
    expect(machine.take()).toEqual([
      { do: 'open', attempt: 1 },
      { do: 'drop', attempt: 1 },
      { do: 'open', attempt: 2 },
    ]);
    machine.feed({ type: 'opened', attempt: 1 }, 2);
    machine.feed({ type: 'open-failed', attempt: 1, failure: denied }, 2);
    expect(machine.take()).toEqual([{ do: 'drop', attempt: 1 }]);
    expect(machine.view).toEqual({ state: 'connecting', sinceMs: 0, connects: 0 });
    machine.feed({ type: 'stop' }, 3);
    expect(machine.take()).toEqual([{ do: 'drop', attempt: 2 }]);
    machine.feed({ type: 'opened', attempt: 2 }, 4);
    expect(machine.take()).toEqual([{ do: 'drop', attempt: 2 }]);
    machine.feed({ type: 'want' }, 5);
    machine.feed({ type: 'restart' }, 5);
    machine.feed({ type: 'retry' }, 5);
    machine.tick(6);
    expect(machine.take()).toEqual([]);
    expect(machine.view).toEqual({ state: 'stopped', sinceMs: 3, connects: 0 });
  });

  test('is restarted lets go of what is up and what is coming up, and begins as if nothing had failed', () => {
    const machine = ready({ renewAtMs: 3_000, random: () => 0.999_999 });
    expect(machine.wakeAtMs).toBe(3_000);
    machine.tick(3_000);
    expect(machine.wakeAtMs).toBeUndefined();
    machine.feed({ type: 'open-failed', attempt: 2, failure: denied }, 3_100);
    machine.tick(4_100);
    machine.take();
    machine.feed({ type: 'restart' }, 5_000);
    expect(machine.take()).toEqual([
      { do: 'drop', attempt: 1 },
      { do: 'drop', attempt: 3 },
      { do: 'open', attempt: 4 },
    ]);
    machine.feed({ type: 'opened', attempt: 4 }, 5_100);
    expect(machine.wakeAtMs).toBeUndefined();
    machine.feed({ type: 'ended', attempt: 4, failure: broken }, 5_200);
    expect(machine.wakeAtMs).toBe(5_200);
  });

  test('is stopped wakes no more, whatever it waited for', () => {
    const renewed = ready({ renewAtMs: 3_000 });
    renewed.feed({ type: 'stop' }, 10);
    expect([renewed.wakeAtMs, renewed.take()]).toEqual([undefined, [{ do: 'drop', attempt: 1 }]]);
    const retried = ready();
    retried.feed({ type: 'ended', attempt: 1, failure: broken }, 10);
    expect(retried.wakeAtMs).toBe(10);
    retried.feed({ type: 'stop' }, 10);
    expect([retried.wakeAtMs, retried.take()]).toEqual([undefined, []]);
  });

  test('cannot be replaced is tried again at ever longer intervals, and its own end is not made good at once', () => {
    const machine = ready({ renewAtMs: 0, random: () => 0.999_999 });
    let nowMs = 0;
    const pauses: number[] = [];
    for (let attempt = 2; attempt <= 21; attempt++) {
      machine.tick(nowMs);
      machine.feed({ type: 'open-failed', attempt, failure: broken }, nowMs);
      pauses.push(machine.wakeAtMs! - nowMs);
      nowMs = machine.wakeAtMs!;
    }
    expect(pauses).toEqual([...Array.from({ length: 16 }, () => 1_000), 1_999, 3_999, 7_999, 15_999]);
    const other = ready({ renewAtMs: 0 });
    other.tick(0);
    other.feed({ type: 'open-failed', attempt: 2, failure: broken }, 0);
    other.feed({ type: 'ended', attempt: 1, failure: broken }, 10);
    expect(other.wakeAtMs).toBe(10 + 125);
  });

  test('ends says why, or that the far end closed it', () => {
    const machine = ready({ renewAtMs: 3_000 });
    machine.feed({ type: 'ended', attempt: 1 }, 10);
    expect(machine.view).toMatchObject({ state: 'reconnecting', failure: { cause: 'closed', permanent: false } });
    const replaced = ready({ renewAtMs: 3_000 });
    replaced.tick(3_000);
    replaced.feed({ type: 'ended', attempt: 1, failure: denied }, 3_010);
    expect(replaced.view).toEqual({ state: 'reconnecting', sinceMs: 3_010, connects: 1, failure: denied });
    expect(replaced.wakeAtMs).toBeUndefined();
    const silent = ready({ renewAtMs: 3_000 });
    silent.tick(3_000);
    silent.feed({ type: 'ended', attempt: 1 }, 3_010);
    expect(silent.view.failure).toMatchObject({ cause: 'closed' });
  });

  test('is told what does not concern it stays as it is', () => {
    const idle = createLinkMachine({ random: () => 0, nowMs: 5 });
    for (const type of ['suspect', 'cleared', 'retry', 'restart'] as const) idle.feed({ type }, 6);
    expect([idle.view, idle.wakeAtMs, idle.take()]).toEqual([
      { state: 'idle', sinceMs: 5, connects: 0 },
      undefined,
      [],
    ]);
    const connecting = createLinkMachine({ random: () => 0, nowMs: 0 });
    connecting.feed({ type: 'want' }, 1);
    connecting.take();
    for (const type of ['suspect', 'cleared', 'retry'] as const) connecting.feed({ type }, 2);
    connecting.tick(3);
    expect([connecting.view, connecting.take()]).toEqual([{ state: 'connecting', sinceMs: 1, connects: 0 }, []]);
    const up = ready();
    for (const type of ['want', 'cleared', 'retry'] as const) up.feed({ type }, 2);
    up.tick(3);
    expect([up.view, up.take()]).toEqual([{ state: 'ready', sinceMs: 0, connects: 1 }, []]);
    const waiting = ready();
    waiting.feed({ type: 'ended', attempt: 1, failure: expired }, 1);
    for (const type of ['want', 'suspect', 'cleared'] as const) waiting.feed({ type }, 2);
    expect([waiting.view.state, waiting.take()]).toEqual(['needs-auth', []]);
    waiting.feed({ type: 'retry' }, 3);
    waiting.feed({ type: 'retry' }, 4);
    expect(waiting.view).toMatchObject({ state: 'reconnecting', sinceMs: 3 });
    expect(waiting.take()).toEqual([{ do: 'open', attempt: 2 }]);
  });

  test('has failed or waits goes on when it is told to try', () => {
    const failed = ready();
    failed.feed({ type: 'ended', attempt: 1, failure: denied }, 1);
    expect(failed.view.state).toBe('failed');
    failed.feed({ type: 'retry' }, 2);
    expect([failed.view.state, failed.take()]).toEqual(['reconnecting', [{ do: 'open', attempt: 2 }]]);
    const waiting = ready({ random: () => 0.5 });
    waiting.feed({ type: 'ended', attempt: 1, failure: broken }, 1);
    waiting.tick(1);
    waiting.feed({ type: 'open-failed', attempt: 2, failure: broken }, 2);
    expect(waiting.wakeAtMs).toBe(2 + 125);
    waiting.take();
    waiting.feed({ type: 'retry' }, 3);
    expect([waiting.view.nextTryAtMs, waiting.take()]).toEqual([undefined, [{ do: 'open', attempt: 3 }]]);
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
