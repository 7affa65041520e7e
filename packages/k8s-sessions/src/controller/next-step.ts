import type { ExitRecord } from '../protocol/types.js';
import { isOver } from '../protocol/states.js';
import type { SessionPatch, SessionRow } from '../store/types.js';
import type { ControllerSettings } from './options.js';
import type { PodFact } from './ports.js';
import { clusterReason, isEndFromOutside, isPodOver, verdictOf } from './verdict.js';

/** The one thing to do next about a session. */
export type Step =
  | { readonly do: 'nothing' }
  | { readonly do: 'queue' }
  /** Gives it one of the places that there are. */
  | { readonly do: 'place' }
  | { readonly do: 'start' }
  /** The pod behind the attempt ended before anything was executed: another may be tried. */
  | { readonly do: 'restart'; readonly why: string }
  | { readonly do: 'observe'; readonly patch: SessionPatch }
  | { readonly do: 'end'; readonly exit: ExitRecord; readonly why: string }
  | { readonly do: 'stop'; readonly reason: 'deadline' }
  /** The runner does not heed a wish to stop. */
  | { readonly do: 'remove' }
  | { readonly do: 'archive' }
  | { readonly do: 'expire' };

/** What a step is decided by, beside the row. */
export interface StepFacts {
  readonly nowMs: number;
  readonly settings: ControllerSettings;
  readonly fact: PodFact | undefined;
  /** When this replica saw the pod ended or gone for the first time; null while it has not. */
  readonly overSinceMs: number | null;
  /** When this replica saw the wish to stop for the first time. */
  readonly stopSeenMs: number | null;
  /** Since when this replica has been hearing everything the cluster says; null before. */
  readonly watchingSinceMs: number | null;
  /** Bytes of log in the store. */
  readonly storedHead: number;
}

/** A minute beyond its own limit in which the runner should have ended by itself. */
const slackMs = 60_000;

/** Decides what comes next. Pure, so that every order and loss of what is heard can be tried. */
export function nextStep(row: SessionRow, facts: StepFacts): Step {
  if (row.state === 'requested') return { do: 'queue' };
  if (row.state === 'exited') return { do: 'archive' };
  if (row.state === 'archived' && row.retainUntil !== null && facts.nowMs >= row.retainUntil) return { do: 'expire' };
  if (isOver(row.state)) return { do: 'nothing' };
  const heard = factOf(row, facts);
  return (
    ending(row, heard) ?? starting(row, heard) ?? observing(row, heard) ?? limiting(row, heard) ?? { do: 'nothing' }
  );
}

/** What is said of another attempt is not said of this one. And what a full list does not name is gone. */
function factOf(row: SessionRow, facts: StepFacts): StepFacts {
  const { fact, watchingSinceMs, nowMs, settings } = facts;
  if (fact?.attempt === row.attempt) return facts;
  const silentSince = Math.max(watchingSinceMs ?? Number.POSITIVE_INFINITY, row.beatAt ?? row.createdAt);
  const isGone = row.jobName !== null && nowMs - silentSince >= settings.lostAfterMs;
  return { ...facts, fact: isGone ? goneFact(row) : undefined, overSinceMs: isGone ? silentSince : null };
}

function goneFact(row: SessionRow): PodFact {
  return {
    session: row.id,
    attempt: row.attempt,
    jobName: row.jobName ?? '',
    podName: row.podName,
    podUid: row.podUid,
    address: null,
    phase: 'gone',
    ready: false,
    image: row.image,
    waiting: null,
    terminated: null,
  };
}

function ending(row: SessionRow, facts: StepFacts): Step | undefined {
  const { nowMs, settings, fact, overSinceMs } = facts;
  const witnesses = {
    record: row.exit,
    fact,
    head: facts.storedHead,
    stopReason: row.stopRequested?.reason ?? null,
  };
  if (row.exit) {
    const isSettled =
      !isEndFromOutside(row.exit) || isPodOver(fact) || nowMs - (row.exitedAt ?? 0) >= settings.settleMs;
    return isSettled ? endOf(witnesses, 'the runner said so') : undefined;
  }
  if (!isPodOver(fact)) return undefined;
  if (row.runnerEpoch === null) return neverRan(row, facts);
  // A record may still be under way: from a runner on a node that was cut off, a minute; from a pod that ended, moments.
  const reason = clusterReason(fact);
  const patienceMs = reason === undefined || reason === 'node_lost' ? settings.lostAfterMs : settings.settleMs;
  const sinceMs = Math.max(overSinceMs ?? nowMs, row.beatAt ?? 0);
  return nowMs - sinceMs >= patienceMs ? endOf(witnesses, 'the cluster said so') : undefined;
}

function endOf(witnesses: Parameters<typeof verdictOf>[0], why: string): Step | undefined {
  const exit = verdictOf(witnesses);
  return exit && { do: 'end', exit, why };
}

/** Nobody has claimed the attempt, so nothing was executed, and it can be tried again. */
function neverRan(row: SessionRow, { settings, fact }: StepFacts): Step {
  const why = fact?.terminated?.message ?? fact?.terminated?.reason ?? 'the pod is gone';
  if (row.attempt < settings.maxAttempts) return { do: 'restart', why };
  return {
    do: 'end',
    why: 'no attempt came to its work',
    exit: neverStarted('start_timeout', `No runner came to its work in ${row.attempt} attempts: ${why}.`),
  };
}

function starting(row: SessionRow, { nowMs, settings, fact }: StepFacts): Step | undefined {
  if (row.runnerEpoch !== null) return undefined;
  if (row.deadlineAt !== null && nowMs >= row.deadlineAt) {
    const minutes = Math.round(settings.startTimeoutMs / 6000) / 10;
    const waiting = fact?.waiting ?? row.detail;
    return {
      do: 'end',
      why: 'the time to start is over',
      exit: neverStarted(
        'start_timeout',
        `No runner took up the work within ${minutes} minutes${waiting === null ? '.' : `: ${waiting}`}`,
      ),
    };
  }
  if (row.state === 'queued') return { do: 'place' };
  return row.jobName === null ? { do: 'start' } : undefined;
}

/** An end of a command that never ran: neither code nor signal. */
export function neverStarted(reason: 'start_timeout' | 'cancelled', message: string): ExitRecord {
  return { reason, code: null, signal: null, offset: 0, digest: null, message };
}

/** What of the pod belongs into the row. An address that may soon be another pod's does not. */
function observing(row: SessionRow, { fact }: StepFacts): Step | undefined {
  if (!fact) return undefined;
  const isOverNow = isPodOver(fact);
  const wanted: SessionPatch = {
    ...(fact.podName !== null && { podName: fact.podName }),
    ...(fact.podUid !== null && { podUid: fact.podUid }),
    ...(fact.image !== null && { image: fact.image }),
    ...(isOverNow && { address: null, port: null }),
    ...(row.runnerEpoch === null && !isOverNow && { detail: fact.waiting }),
  };
  const changed = Object.entries(wanted).filter(([name, value]) => row[name as keyof SessionRow] !== value);
  return changed.length === 0 ? undefined : { do: 'observe', patch: Object.fromEntries(changed) };
}

function limiting(row: SessionRow, { nowMs, fact, stopSeenMs }: StepFacts): Step | undefined {
  if (row.runnerEpoch === null || isPodOver(fact)) return undefined;
  if (!row.stopRequested) {
    const isLate = row.deadlineAt !== null && nowMs >= row.deadlineAt + slackMs;
    return isLate ? { do: 'stop', reason: 'deadline' } : undefined;
  }
  const isUnheeded = stopSeenMs !== null && nowMs - stopSeenMs >= row.stopRequested.graceMs + slackMs;
  return isUnheeded ? { do: 'remove' } : undefined;
}
