import { describe, expect, test } from '@jest/globals';
import { isEnd, mayFollow } from '@hawser/exec-client/contract';
import type { JobReport, ReasonCode } from '@hawser/exec-client/contract';
import fc from 'fast-check';
import type { Execution } from '../../src/core/execution.js';
import { applyFacts, applyReport, end, reach } from '../../src/core/transitions.js';
import type { TaskFacts } from '../../src/index.js';

const madeAt = Date.UTC(2026, 0, 1);

const fresh: Execution = {
  id: 'exec_20260101000000_aaaaaaaa',
  request: { no_repo: true, command: 'true' },
  fingerprint: '',
  size: { cpu: 256, memory: 512, disk: 20, platform: 'X86_64' },
  phase: 'accepted',
  attempt: 1,
  times: { created_at: new Date(madeAt).toISOString() },
  createdBy: {},
  backend: { kind: 'memory' },
};

const task = { arn: 'task' };
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const reason = fc.constantFrom<ReasonCode>('network', 'image_pull', 'no_capacity', 'timeout', 'lost', 'out_of_memory');
const exitCode = fc.constantFrom(0, 1, 7, 137, 143);

const facts = fc.record({
  task: fc.constant(task),
  state: fc.constantFrom<TaskFacts['state']>('provisioning', 'preparing', 'running', 'stopped'),
  exitCode: maybe(exitCode),
  signal: maybe(fc.constantFrom('SIGTERM', 'SIGKILL')),
  reasonCode: maybe(reason),
  began: maybe(fc.boolean()),
  retryable: maybe(fc.boolean()),
}) as fc.Arbitrary<TaskFacts>;

const report = fc.record({
  token: fc.constant('t'),
  attempt: fc.constant(1),
  event: fc.constantFrom<JobReport['event']>('preparing', 'prepared', 'running', 'ended', 'failed'),
  at: fc.integer({ min: madeAt - 100_000, max: madeAt + 100_000_000 }),
  exit_code: maybe(exitCode),
  timed_out: maybe(fc.boolean()),
  reason_code: maybe(reason),
}) as fc.Arbitrary<JobReport>;

type Event = (execution: Execution, nowMs: number) => Execution;
const event: fc.Arbitrary<Event> = fc.oneof(
  facts.map(
    (seen): Event =>
      (execution, nowMs) =>
        applyFacts(execution, seen, nowMs),
  ),
  report.map(
    (told): Event =>
      (execution, nowMs) =>
        applyReport(execution, told, nowMs),
  ),
  fc.constant<Event>((execution, nowMs) =>
    isEnd(execution.phase) ? execution : reach({ ...execution, cancel: { atMs: nowMs } }, 'cancelling', nowMs),
  ),
  fc.constant<Event>((execution, nowMs) => end(execution, { began: false, reasonCode: 'lock_timeout' }, nowMs)),
);

const ended = (execution: Execution, ending: Parameters<typeof end>[1]): Execution =>
  end(execution, ending, madeAt + 5);

describe('the states of an execution', () => {
  test('only ever go forward, and an end is for ever, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let execution = fresh;
        for (const [index, apply] of events.entries()) {
          const next = apply(execution, madeAt + index * 1000);
          if (isEnd(execution.phase)) expect(next).toBe(execution);
          if (next.phase !== execution.phase) expect(mayFollow(execution.phase, next.phase)).toBe(true);
          expect(next.attempt).toBeGreaterThanOrEqual(execution.attempt);
          expect(next.attempt).toBeLessThanOrEqual(3);
          if (next.attempt > execution.attempt) {
            expect(next.times.started_at).toBeUndefined();
            expect(next.cancel).toBeUndefined();
          }
          if (next.phase === 'cancelled') expect(next.cancel ?? next.reasonCode).toBeDefined();
          if (next.phase === 'succeeded') expect(next.exitCode).toBe(0);
          expect(isEnd(next.phase)).toBe(next.times.finished_at !== undefined);
          const { created_at, provisioned_at, prepared_at, started_at, finished_at } = next.times;
          const times = [created_at, provisioned_at, prepared_at, started_at, finished_at].filter(
            (time) => time !== undefined,
          );
          expect(times).toEqual(times.toSorted((left, right) => left.localeCompare(right)));
          execution = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('end as it really was: an exit of 0 is a success though a cancel was asked for', () => {
    const cancelling: Execution = { ...fresh, phase: 'cancelling', cancel: { atMs: madeAt } };
    expect(ended(cancelling, { began: true, exitCode: 0 })).toMatchObject({ phase: 'succeeded' });
    expect(ended(cancelling, { began: true, exitCode: 143 })).toMatchObject({ phase: 'cancelled', exitCode: 143 });
    expect(ended(cancelling, { began: true, exitCode: 0, timedOut: true })).toMatchObject({ phase: 'timed_out' });
    expect(ended({ ...fresh, overdueAtMs: 1 }, { began: true, signal: 'SIGKILL' })).toMatchObject({
      phase: 'timed_out',
    });
    expect(ended(fresh, { began: true, reasonCode: 'spot_interrupted' })).toMatchObject({ phase: 'failed' });
    expect(ended(fresh, { began: true })).toMatchObject({ phase: 'lost', reasonCode: 'lost' });
    expect(ended(fresh, { began: false, reasonCode: 'image_pull' })).toMatchObject({ phase: 'error' });
  });

  test('begin again at most twice, and only where the command cannot have begun', () => {
    const again = { began: false, reasonCode: 'no_capacity' as const, retryable: true };
    const second = ended({ ...fresh, phase: 'preparing', task }, again);
    expect(second).toMatchObject({ attempt: 2, phase: 'preparing', retryAtMs: madeAt + 2005 });
    expect(second.task).toBeUndefined();
    const third = ended(second, again);
    expect(third).toMatchObject({ attempt: 3 });
    expect(ended(third, again)).toMatchObject({ phase: 'error', attempt: 3, reasonCode: 'no_capacity' });
    expect(ended(fresh, { ...again, began: true })).toMatchObject({ phase: 'failed', attempt: 1 });
    expect(ended({ ...fresh, request: { ...fresh.request, retries: 0 } }, again)).toMatchObject({ phase: 'error' });
    expect(ended({ ...fresh, cancel: { atMs: 1 } }, again)).toMatchObject({ phase: 'cancelled', attempt: 1 });
  });
});

const iso = (ms: number): string => new Date(madeAt + ms).toISOString();
const running: Execution = { ...fresh, phase: 'running', times: { ...fresh.times, started_at: iso(10) } };

/** What becomes of a fresh execution whose task says this. */
function say(told: JobReport['event'], more: Partial<JobReport> = {}): Execution {
  return applyReport(fresh, { token: 't', attempt: 1, event: told, at: madeAt + 5, ...more }, madeAt + 9);
}

describe('a step of an execution', () => {
  test('is written down with its time, and none goes back', () => {
    const times = (
      ['queued', 'provisioning', 'preparing', 'running', 'cancelling', 'failed'] as const
    ).reduce<Execution>((before, phase, index) => reach(before, phase, madeAt + 10 * (index + 1)), fresh);
    expect([times.phase, times.times]).toEqual([
      'failed',
      {
        created_at: iso(0),
        queued_at: iso(10),
        provisioned_at: iso(20),
        prepared_at: iso(30),
        started_at: iso(40),
        finished_at: iso(60),
      },
    ]);
    expect(reach(times, 'running', madeAt + 99)).toBe(times);
    expect(reach(running, 'preparing', madeAt + 99)).toBe(running);
    // A clock that is behind does not turn the order round.
    expect(reach(running, 'failed', madeAt - 5).times.finished_at).toBe(iso(10));
  });

  test('is what a look at the task shows, and nothing where it shows nothing new', () => {
    const seen = applyFacts(fresh, { task, state: 'provisioning' }, madeAt + 5);
    expect(seen).toMatchObject({ phase: 'provisioning', task, times: { provisioned_at: iso(5) } });
    expect(applyFacts(seen, { task, state: 'provisioning' }, madeAt + 9)).toBe(seen);
    const moved = applyFacts(seen, { task: { arn: 'other' }, state: 'provisioning' }, madeAt + 9);
    expect(moved).toEqual({ ...seen, task: { arn: 'other' } });
    const began = applyFacts(seen, { task, state: 'running', startedAtMs: madeAt + 7 }, madeAt + 9);
    expect(began).toMatchObject({ phase: 'running', times: { started_at: iso(7) } });
  });

  test('is what the task reports of itself, at a time that can be', () => {
    expect(say('preparing')).toMatchObject({ phase: 'preparing', times: { prepared_at: iso(5) } });
    expect(say('prepared', { commit: 'c', tree: 'd' })).toMatchObject({ phase: 'preparing', commit: 'c', tree: 'd' });
    expect(say('running', { at: madeAt + 99_999 })).toMatchObject({ phase: 'running', times: { started_at: iso(9) } });
    expect(say('running', { at: madeAt - 99_999 })).toMatchObject({ phase: 'running', times: { started_at: iso(0) } });
    expect(say('running')).not.toHaveProperty('commit');
    expect(say('running')).not.toHaveProperty('tree');
    expect(applyReport(say('failed'), { token: 't', attempt: 1, event: 'running', at: 0 }, 0)).toEqual(say('failed'));
  });
});

describe('the end of an execution', () => {
  test('by a stopped task tells its exit, and that it began where it did', () => {
    const stop = (seen: Partial<TaskFacts>, before = fresh): Execution =>
      applyFacts(before, { task, state: 'stopped', ...seen }, madeAt + 50);
    expect(stop({ exitCode: 7, stoppedAtMs: madeAt + 40 })).toMatchObject({
      phase: 'failed',
      exitCode: 7,
      reasonCode: 'exit_nonzero',
      reason: 'The command ended with 7.',
      times: { finished_at: iso(40) },
    });
    expect(stop({ exitCode: 0 }, running)).toMatchObject({ phase: 'succeeded', times: { finished_at: iso(50) } });
    expect(stop({ exitCode: 0 })).not.toHaveProperty('reasonCode');
    expect(stop({ began: true, startedAtMs: madeAt + 20 })).toMatchObject({
      phase: 'lost',
      times: { started_at: iso(20) },
    });
    expect(stop({ began: true })).toMatchObject({ phase: 'lost', times: { started_at: iso(0) } });
    // What was seen to begin began, whatever is said later.
    expect(stop({ began: false, retryable: true }, running)).toMatchObject({
      phase: 'lost',
      attempt: 1,
      times: { started_at: iso(10) },
    });
    expect(stop({ began: false }).times).not.toHaveProperty('started_at');
    expect(stop({ signal: 'SIGKILL' }, running)).toMatchObject({
      phase: 'failed',
      signal: 'SIGKILL',
      reason: 'The command was ended by SIGKILL.',
    });
    expect(stop({ reasonCode: 'image_pull', reason: 'No such image.', retryable: false })).toMatchObject({
      phase: 'error',
      reasonCode: 'image_pull',
      reason: 'No such image.',
    });
  });

  test('by a report tells its exit and its log; a failure before the command may be tried again', () => {
    expect(say('failed')).toMatchObject({
      phase: 'error',
      reasonCode: 'payload',
      reason: 'It could not be run.',
      times: { finished_at: iso(5) },
    });
    expect(say('failed', { reason_code: 'clone_failed', reason: 'No such ref.' })).toMatchObject({
      phase: 'error',
      reasonCode: 'clone_failed',
      reason: 'No such ref.',
    });
    for (const reason_code of ['network', 'no_capacity'] as const)
      expect(say('failed', { reason_code })).toMatchObject({ attempt: 2, retryAtMs: madeAt + 2009 });
    const log = { lines: 3, bytes: 30, sha256: 'ab' };
    expect(say('ended', { exit_code: 0, log })).toMatchObject({
      phase: 'succeeded',
      log: { ...log, complete: false },
      times: { started_at: iso(0), finished_at: iso(5) },
    });
    expect(say('ended', { exit_code: 1 })).not.toHaveProperty('log');
    expect(say('ended', { timed_out: true, exit_code: 143 })).toMatchObject({
      phase: 'timed_out',
      exitCode: 143,
      reasonCode: 'timeout',
      reason: 'It was stopped at its time limit.',
    });
    expect(say('ended', { signal: 'SIGTERM' })).toMatchObject({ phase: 'failed' });
  });

  test('is the word that fits all that is known', () => {
    const cancelling: Execution = { ...fresh, phase: 'cancelling', cancel: { atMs: madeAt } };
    const words: [Execution, Parameters<typeof end>[1], string, string | undefined][] = [
      [fresh, { began: true, exitCode: 0 }, 'succeeded', undefined],
      [fresh, { began: true, exitCode: 0, signal: 'SIGKILL' }, 'failed', 'exit_nonzero'],
      [fresh, { began: true, reasonCode: 'timeout' }, 'timed_out', 'timeout'],
      [fresh, { began: false, reasonCode: 'timeout' }, 'error', 'timeout'],
      [fresh, { began: false, timedOut: true }, 'timed_out', 'timeout'],
      [fresh, { began: true, reasonCode: 'lost', exitCode: 1 }, 'lost', 'lost'],
      [fresh, { began: false, reasonCode: 'lost' }, 'error', 'lost'],
      [fresh, { began: false }, 'error', 'lost'],
      [{ ...fresh, overdueAtMs: 1 }, { began: true, exitCode: 143 }, 'timed_out', 'timeout'],
      [{ ...fresh, overdueAtMs: 1 }, { began: false }, 'error', 'lost'],
      [cancelling, { began: true, reasonCode: 'lost' }, 'lost', 'lost'],
      [cancelling, { began: false }, 'cancelled', 'cancelled'],
      [fresh, { began: true, reasonCode: 'cancelled' }, 'cancelled', 'cancelled'],
      [fresh, { began: true, signal: 'SIGKILL' }, 'failed', 'exit_nonzero'],
      [fresh, { began: true, reasonCode: 'out_of_memory', exitCode: 137 }, 'failed', 'out_of_memory'],
    ];
    for (const [execution, known, phase, reasonCode] of words) {
      const { reasonCode: code, ...over } = ended(execution, known);
      expect([known, over.phase, code]).toEqual([known, phase, reasonCode]);
    }
    expect(ended(cancelling, { began: false }).reason).toBe('It was cancelled.');
    expect(ended(fresh, { began: true }).reason).toBe('Its task is gone, and nothing says how it ended.');
    expect(ended(fresh, { began: true }).times.finished_at).toBe(iso(5));
    expect(ended(fresh, { began: true, atMs: madeAt + 99 }).times.finished_at).toBe(iso(5));
    expect(ended(fresh, { began: true, atMs: madeAt + 3 }).times.finished_at).toBe(iso(3));
    const over = ended(fresh, { began: true, exitCode: 0 });
    expect(end(over, { began: true, exitCode: 1 }, madeAt)).toBe(over);
    expect(over).not.toHaveProperty('signal');
    expect(over).not.toHaveProperty('start');
    expect(ended(fresh, { began: true, signal: 'SIGKILL' })).not.toHaveProperty('exitCode');
  });

  test('keeps no token, and says what it cost', () => {
    const start = { token: 'planted-secret', tokenSha256: 'ab', expiresAtMs: 1, nonce: 'n', askedAtMs: 2 };
    const over = ended({ ...fresh, start }, { began: true, exitCode: 0 });
    expect(over.start).toEqual({ tokenSha256: 'ab', expiresAtMs: 1, nonce: 'n', askedAtMs: 2 });
    expect(over).not.toHaveProperty('costUsd');
    const onAws: Execution = {
      ...fresh,
      backend: { kind: 'aws' },
      times: { ...fresh.times, provisioned_at: iso(1) },
    };
    expect(ended(onAws, { began: true, exitCode: 0 }).costUsd).toBeGreaterThan(0);
  });

  test('is put off by as many attempts as were asked for, each after its pause', () => {
    const again = { began: false, reasonCode: 'no_capacity' as const, retryable: true };
    const start = { tokenSha256: 'ab', expiresAtMs: 1, nonce: 'n', askedAtMs: 2 };
    const second = ended({ ...fresh, start, task }, again);
    expect(second).toEqual({ ...fresh, attempt: 2, retryAtMs: madeAt + 2005 });
    expect(ended(second, again)).toEqual({ ...fresh, attempt: 3, retryAtMs: madeAt + 10_005 });
    const once: Execution = { ...fresh, request: { ...fresh.request, retries: 1 } };
    expect(ended(ended(once, again), again)).toMatchObject({ phase: 'error', attempt: 2 });
    const often: Execution = { ...fresh, attempt: 3, request: { ...fresh.request, retries: 9 } };
    expect(ended(often, again)).toMatchObject({ phase: 'error', attempt: 3 });
    expect(ended(fresh, { ...again, retryable: false })).toMatchObject({ phase: 'error', attempt: 1 });
    // What was cancelled ends, and does not begin anew.
    expect(ended({ ...fresh, overdueAtMs: 1 }, { ...again, began: true })).toMatchObject({ phase: 'timed_out' });
  });
});
