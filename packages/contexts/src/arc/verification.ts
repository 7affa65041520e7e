import { judge } from './checks/all.js';
import type { Observation, UpstreamObservation } from './evidence/observation.js';
import type { CheckResult, OidcEvidence, Outcome, Report, Settings, Subject } from './types.js';

/** Judges one look after the other, and says when it is enough. Pure: time comes with the looks. */
export interface Verification {
  /** What is known after one more look. The outcome is `waiting` as long as more looks are wanted. */
  take(observation: Observation | UpstreamObservation): Report;
  /** There are no more looks: what it comes to. */
  end(): Report;
}

/** Begins a verification. */
export function createVerification(asked: {
  readonly subject: Subject;
  readonly settings: Settings;
  readonly startedAt: string;
  readonly oidc?: OidcEvidence | undefined;
  /** Looks that came before the first one told here; of a recording whose beginning was dropped. */
  readonly polls?: number;
}): Verification {
  const { subject, settings, startedAt, oidc } = asked;
  let polls = asked.polls ?? 0;
  let last: { readonly at: string; readonly checks: readonly CheckResult[] } = { at: startedAt, checks: [] };
  const report = (outcome: Outcome): Report => ({
    success: outcome === 'healthy',
    outcome,
    verified_at: last.at,
    started_at: startedAt,
    waited_ms: elapsedMs(startedAt, last.at),
    polls,
    owner: subject.owner,
    repository: subject.repository,
    scale_set: subject.scaleSet,
    namespace: subject.namespace,
    ...(oidc?.identity ? { identity: oidc.identity } : {}),
    notes: notesOf(outcome, last.checks),
    checks: last.checks,
  });
  return {
    take(observation) {
      polls += 1;
      last = { at: observation.at, checks: judge(observation, { subject, settings, oidc }) };
      const failing = last.checks.filter(({ status }) => status === 'fail');
      if (failing.length === 0) return report('healthy');
      if (failing.some(({ final }) => final === true)) return report('unhealthy');
      return report(elapsedMs(startedAt, last.at) >= settings.timeoutMs ? 'timed-out' : 'waiting');
    },
    end: () => report('snapshot-ended'),
  };
}

function elapsedMs(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

function notesOf(outcome: Outcome, checks: readonly CheckResult[]): string {
  const failing = checks.filter(({ status }) => status === 'fail');
  const doubtful = checks.filter(({ status }) => status === 'warn');
  const worst = failing.find(({ final }) => final === true) ?? failing[0];
  if (outcome === 'healthy') {
    return doubtful.length === 0
      ? 'All checks that could be made pass.'
      : `Healthy, but: ${doubtful.map(({ summary }) => summary).join(' ')}`;
  }
  const more = failing.length > 1 ? ` (and ${failing.length - 1} more)` : '';
  const what = worst === undefined ? 'Nothing was seen.' : `${worst.id}: ${worst.summary}${more}`;
  if (outcome === 'timed-out') return `Timed out. ${what}`;
  if (outcome === 'snapshot-ended') return `The snapshot ended before the runners were healthy. ${what}`;
  return what;
}
