import { isEnd, mayFollow } from '@hawser/exec-client/contract';
import type { JobReport, Phase, PhaseTimes, ReasonCode } from '@hawser/exec-client/contract';
import type { TaskFacts } from '../ports.js';
import { costOf } from './cost.js';
import { compact } from './execution.js';
import type { Attempt, Execution } from './execution.js';

/** How a command ended, or that it never began. */
export interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly timedOut?: boolean | undefined;
  readonly reasonCode?: ReasonCode | undefined;
  readonly reason?: string | undefined;
  /** Whether the command may have begun. */
  readonly began: boolean;
  /** Whether another attempt may do better; only where it has not begun. */
  readonly retryable?: boolean | undefined;
  readonly atMs?: number | undefined;
}

/** Seconds to wait before the second and the third attempt. */
const retryDelays = [2, 10];

const sentences: Partial<Record<ReasonCode, string>> = {
  timeout: 'It was stopped at its time limit.',
  cancelled: 'It was cancelled.',
  lost: 'Its task is gone, and nothing says how it ended.',
};

/** The execution at a later phase, or itself where that would be no step forward. */
export function reach(execution: Execution, phase: Phase, atMs: number): Execution {
  if (!mayFollow(execution.phase, phase)) return execution;
  return { ...execution, phase, times: stamped(execution.times, phase, atMs) };
}

/** What a look at the task changes. */
export function applyFacts(execution: Execution, facts: TaskFacts, nowMs: number): Execution {
  if (isEnd(execution.phase)) return execution;
  const seen = { ...execution, task: compact({ ...execution.task, ...facts.task }) };
  if (facts.state !== 'stopped') {
    const moved = reach(seen, facts.state, facts.startedAtMs ?? nowMs);
    return sameTask(execution, moved) && moved.phase === execution.phase ? execution : moved;
  }
  const began = facts.began ?? execution.times.started_at !== undefined;
  const started = began ? withStart(seen, facts.startedAtMs) : seen;
  return end(
    started,
    {
      exitCode: facts.exitCode,
      signal: facts.signal,
      reasonCode: facts.reasonCode,
      reason: facts.reason,
      began: began || facts.exitCode !== undefined,
      retryable: facts.retryable,
      atMs: facts.stoppedAtMs,
    },
    nowMs,
  );
}

/** What a task's own report changes. */
export function applyReport(execution: Execution, report: JobReport, nowMs: number): Execution {
  if (isEnd(execution.phase)) return execution;
  const atMs = sane(report.at, execution, nowMs);
  const told = {
    ...execution,
    ...(report.commit !== undefined && { commit: report.commit }),
    ...(report.tree !== undefined && { tree: report.tree }),
  };
  switch (report.event) {
    case 'preparing':
    case 'prepared':
      return reach(told, 'preparing', atMs);
    case 'running':
      return reach(told, 'running', atMs);
    case 'failed':
      return end(
        told,
        {
          reasonCode: report.reason_code ?? 'payload',
          reason: report.reason,
          began: false,
          retryable: report.reason_code === 'network' || report.reason_code === 'no_capacity',
          atMs,
        },
        nowMs,
      );
    default:
      return end(
        withLog(withStart(told, undefined), report.log),
        {
          exitCode: report.exit_code,
          signal: report.signal,
          timedOut: report.timed_out,
          reasonCode: report.reason_code,
          reason: report.reason,
          began: true,
          atMs,
        },
        nowMs,
      );
  }
}

/** Ends an execution, or sets it up for another attempt where the command cannot have begun and one may do better. */
export function end(execution: Execution, known: Ending, nowMs: number): Execution {
  if (isEnd(execution.phase)) return execution;
  // Who once said that the command began is believed, whatever is said later.
  const ending = { ...known, began: known.began || execution.times.started_at !== undefined };
  const phase = endingPhase(execution, ending);
  if (phase === 'error' && ending.retryable && !execution.cancel && execution.attempt <= retriesOf(execution)) {
    return nextAttempt(execution, nowMs);
  }
  const reasonCode = endingReason(phase, ending);
  const ended = reach(
    {
      ...execution,
      ...(execution.start && { start: withoutToken(execution.start) }),
      ...(ending.exitCode !== undefined && { exitCode: ending.exitCode }),
      ...(ending.signal !== undefined && { signal: ending.signal }),
      ...(reasonCode && { reasonCode, reason: ending.reason ?? sentenceOf(reasonCode, ending) }),
    },
    phase,
    Math.min(ending.atMs ?? nowMs, nowMs),
  );
  return { ...ended, ...costOf(ended) };
}

/** A start that was confirmed, or will never be: only the token's digest is kept. */
export function withoutToken({ token: _token, ...start }: Attempt): Attempt {
  return start;
}

function endingPhase(execution: Execution, ending: Ending): Phase {
  if (ending.timedOut || (ending.reasonCode === 'timeout' && ending.began)) return 'timed_out';
  if (ending.exitCode === 0 && ending.signal === undefined) return 'succeeded';
  if (ending.began && ending.reasonCode === 'lost') return 'lost';
  if (execution.overdueAtMs !== undefined && ending.began) return 'timed_out';
  if (execution.cancel || ending.reasonCode === 'cancelled') return 'cancelled';
  if (!ending.began) return 'error';
  if (ending.exitCode !== undefined || ending.signal !== undefined) return 'failed';
  return ending.reasonCode === undefined ? 'lost' : 'failed';
}

function endingReason(phase: Phase, ending: Ending): ReasonCode | undefined {
  if (phase === 'succeeded') return undefined;
  if (phase === 'timed_out') return 'timeout';
  if (phase === 'cancelled') return 'cancelled';
  return ending.reasonCode ?? (phase === 'failed' ? 'exit_nonzero' : 'lost');
}

function sentenceOf(code: ReasonCode, { exitCode, signal }: Ending): string {
  if (code !== 'exit_nonzero') return sentences[code] ?? 'It could not be run.';
  return signal === undefined ? `The command ended with ${String(exitCode)}.` : `The command was ended by ${signal}.`;
}

function nextAttempt(execution: Execution, nowMs: number): Execution {
  const { start: _start, task: _task, ...rest } = execution;
  const delay = retryDelays[execution.attempt - 1] ?? 0;
  return { ...rest, attempt: execution.attempt + 1, retryAtMs: nowMs + delay * 1000 };
}

function retriesOf({ request }: Execution): number {
  return Math.min(2, request.retries ?? 2);
}

function stamped(times: PhaseTimes, phase: Phase, atMs: number): PhaseTimes {
  const at = notBefore(times, atMs);
  switch (phase) {
    case 'queued':
      return { ...times, queued_at: at };
    case 'provisioning':
      return { ...times, provisioned_at: at };
    case 'preparing':
      return { ...times, prepared_at: at };
    case 'running':
      return { ...times, started_at: at };
    case 'accepted':
    case 'cancelling':
      return times;
    default:
      return { ...times, finished_at: at };
  }
}

function withStart(execution: Execution, atMs: number | undefined): Execution {
  if (execution.times.started_at !== undefined) return execution;
  const since = notBefore(execution.times, atMs ?? 0);
  return { ...execution, times: { ...execution.times, started_at: since } };
}

/** A time as it is written down: several clocks are at work here, and none turns the order of things round. */
function notBefore(times: PhaseTimes, atMs: number): string {
  return new Date(Math.max(atMs, ...Object.values(times).map((time) => Date.parse(time)))).toISOString();
}

function withLog(execution: Execution, log: JobReport['log']): Execution {
  return log ? { ...execution, log: { ...log, complete: false } } : execution;
}

function sameTask(left: Execution, right: Execution): boolean {
  return JSON.stringify(left.task) === JSON.stringify(right.task);
}

/** A task's clock may be wrong: what it says is held between the making of the execution and now. */
function sane(at: number, { times }: Execution, nowMs: number): number {
  return Math.min(nowMs, Math.max(at, Date.parse(times.created_at)));
}
