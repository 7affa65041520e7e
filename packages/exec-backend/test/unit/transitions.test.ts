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
