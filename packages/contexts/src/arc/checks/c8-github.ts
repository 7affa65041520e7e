import type { EphemeralRunner } from '../evidence/cluster.js';
import type { GithubRunner } from '../evidence/github.js';
import type { UpstreamObservation } from '../evidence/observation.js';
import type { Finding } from '../types.js';
import { cannotTell, counted, names, ofThisSet, type Check, type Look } from './look.js';

/**
 * C8: GitHub's runners of this set are the cluster's, by id; none is busy, and none was left behind (actions-runner-
 * controller issue 1235). An empty list is no pass where the cluster knows runners: it was the wrong list.
 */
export const githubCheck: Check = {
  id: 'C8',
  title: "GitHub's runners are the cluster's, and none is busy",
  judge(look) {
    const { cluster, github } = look.observation;
    if ('unseen' in github.runners) return cannotTell("GitHub's runners", github.runners.unseen);
    if ('unseen' in cluster.runners) return cannotTell("The cluster's runners", cluster.runners.unseen);
    const known = cluster.runners.seen;
    const there = ofThisSet(github.runners.seen.items, known, look);
    const seen = { scope: github.scope, listed: github.runners.seen.items.length, of_this_set: there.length };
    const busy = there.filter((runner) => runner.busy);
    if (busy.length > 0) {
      return {
        status: 'fail',
        summary: `GitHub says ${names(busy.map(({ name }) => name))} ${busy.length === 1 ? 'is' : 'are'} busy.`,
        advice: 'Wait until their jobs are over, or cancel the runs.',
        evidence: { ...seen, busy: busy.slice(0, 20).map(({ id, name }) => ({ id, name })) },
      };
    }
    if (!github.runners.seen.complete) {
      return {
        status: 'fail',
        summary: `${github.scope} has more runners than were read: whether all are accounted for cannot be told.`,
        advice: "Move the set to a scope with fewer runners, such as the repository's.",
        evidence: seen,
      };
    }
    return missing(look, known, there, seen) ?? leftOver(known, there, seen) ?? fine(look, there, seen);
  },
};

/** The rule of upstream's script, for its snapshots: no runner at all is busy. */
export function githubByUpstream({ runners }: UpstreamObservation): Finding {
  const busy = runners.filter((runner) => runner.busy);
  if (busy.length === 0) return { status: 'pass', summary: `None of ${counted(runners.length, 'runner')} is busy.` };
  return {
    status: 'fail',
    summary: `Busy: ${names(busy.map(({ name }) => name))}.`,
    advice: 'Wait until their jobs are over, or cancel the runs.',
    evidence: { busy: busy.slice(0, 50).map(({ name }) => name) },
  };
}

type Counts = { readonly scope: string; readonly listed: number; readonly of_this_set: number };

function missing(
  look: Look,
  known: readonly EphemeralRunner[],
  there: readonly GithubRunner[],
  seen: Counts,
): Finding | undefined {
  const ids = new Set(there.map(({ id }) => id));
  const lost = known.filter(
    ({ metadata, status }) =>
      Boolean(status?.runnerId) &&
      !ids.has(status?.runnerId ?? 0) &&
      metadata.deletionTimestamp === undefined &&
      status?.phase !== 'Succeeded' &&
      status?.phase !== 'Failed',
  );
  if (lost.length === 0) return undefined;
  const evidence = {
    ...seen,
    unknown_to_github: lost.slice(0, 20).map(({ metadata, status }) => ({
      name: metadata.name,
      runner_id: status?.runnerId ?? null,
    })),
  };
  if (there.length === 0 && look.set?.spec.githubConfigUrl === undefined) {
    return {
      status: 'fail',
      summary: `${seen.scope} lists no runner of this set, but the cluster has ${counted(lost.length, 'registered runner')}: they belong elsewhere, perhaps to the organization.`,
      advice: 'An empty list of the wrong place proves nothing: set githubConfigUrl, or ask the right owner.',
      evidence,
    };
  }
  return {
    status: 'fail',
    summary: `GitHub does not know ${names(lost.map(({ metadata }) => metadata.name))}.`,
    advice: `If it stays so, they are orphans: kubectl delete ephemeralrunner -n ${look.subject.namespace} ${lost[0]?.metadata.name ?? ''}`,
    evidence,
  };
}

function leftOver(
  known: readonly EphemeralRunner[],
  there: readonly GithubRunner[],
  seen: Counts,
): Finding | undefined {
  const ids = new Set(known.flatMap(({ status }) => (status?.runnerId ? [status.runnerId] : [])));
  const strangers = there.filter(({ id }) => !ids.has(id));
  if (strangers.length === 0) return undefined;
  return {
    status: 'fail',
    summary: `GitHub still lists ${names(strangers.map(({ name, status }) => `${name} (${status})`))}, which the cluster does not know.`,
    advice: 'If it stays so, remove them in the settings of GitHub, under Actions, Runners.',
    evidence: {
      ...seen,
      unknown_to_cluster: strangers.slice(0, 20).map(({ id, name, status }) => ({ id, name, status })),
    },
  };
}

function fine(look: Look, there: readonly GithubRunner[], seen: Counts): Finding {
  if (!look.set) {
    return {
      status: 'fail',
      summary: `Whose runners to look for cannot be told without the scale set; ${seen.scope} lists ${seen.listed}.`,
      advice: 'Correct what the check of the scale set names first.',
      evidence: seen,
    };
  }
  return {
    status: 'pass',
    summary: `${seen.scope} lists ${counted(there.length, 'runner')} of this set, each one the cluster's, none busy.`,
    evidence: seen,
  };
}
