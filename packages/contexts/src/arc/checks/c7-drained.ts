import { hasJob, labels, type EphemeralRunner, type Pod } from '../evidence/cluster.js';
import type { Subject, Finding } from '../types.js';
import type { UpstreamObservation } from '../evidence/observation.js';
import { cannotTell, counted, names, type Check } from './look.js';

/**
 * C7: idle, which is not empty: `minRunners` keeps that many pods for ever. So no more runners than that, and none with
 * a job. The listener's pod carries the set's label too and does not count.
 */
export const drainedCheck: Check = {
  id: 'C7',
  title: 'The set is idle',
  judge({ observation: { cluster }, set, subject }) {
    if ('unseen' in cluster.pods) return cannotTell('Pods of runners', cluster.pods.unseen);
    if ('unseen' in cluster.runners) return cannotTell('EphemeralRunners', cluster.runners.unseen);
    const runners = cluster.runners.seen;
    const pods = cluster.pods.seen.filter((pod) => isOfRunner(pod));
    const own = findSelf(subject, runners, pods);
    if (own !== undefined) {
      return {
        status: 'fail',
        summary: `This runs on ${own}, a runner of the very scale set it waits for: it cannot become idle.`,
        advice: 'Run this job on another runner, such as ubuntu-latest.',
        evidence: { self: own },
        final: true,
      };
    }
    const least = set?.spec.minRunners ?? 0;
    const current = set?.status?.currentRunners ?? runners.length;
    const busy = runners.filter((one) => hasJob(one) && !isOver(one));
    const evidence = {
      current_runners: current,
      min_runners: least,
      pods: pods.length,
      busy: busy.slice(0, 20).map(({ metadata, status }) => ({
        name: metadata.name,
        repository: status?.jobRepositoryName ?? null,
        job: status?.jobDisplayName ?? null,
      })),
    };
    if (busy.length > 0) {
      return {
        status: 'fail',
        summary: `${counted(busy.length, 'runner')} with a job: ${names(busy.map(({ metadata }) => metadata.name))}.`,
        advice: 'Wait until their jobs are over, or cancel the runs.',
        evidence,
      };
    }
    if (current > least || pods.length > least) {
      const there = Math.max(current, pods.length);
      return {
        status: 'fail',
        summary: `${counted(there, 'runner')} where ${least} ${least === 1 ? 'is' : 'are'} kept.`,
        advice: 'Wait until they are taken down; when they stay, the checks above say what keeps them.',
        evidence,
      };
    }
    return {
      status: 'pass',
      summary: `${counted(current, 'runner')}, no more than the ${least} that are kept, and none with a job.`,
      evidence,
    };
  },
};

/** The rule of upstream's script, for its snapshots: no line of pods. */
export function drainedByUpstream({ pods }: UpstreamObservation): Finding {
  const lines = pods.flatMap((pod) => pod.split('\n')).filter((line) => line.trim() !== '');
  if (lines.length === 0) return { status: 'pass', summary: 'No pod of the scale set is left.' };
  return {
    status: 'fail',
    summary: `${counted(lines.length, 'pod')} of the scale set left: ${names(lines)}.`,
    advice: 'Wait until they are taken down.',
    evidence: { pods: lines.slice(0, 50) },
  };
}

function isOfRunner({ metadata }: Pod): boolean {
  const component = metadata.labels?.[labels.component];
  return component === undefined || component === 'runner';
}

function isOver({ status }: EphemeralRunner): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function findSelf({ self }: Subject, runners: readonly EphemeralRunner[], pods: readonly Pod[]): string | undefined {
  if (self === undefined) return undefined;
  const isHere =
    runners.some(({ metadata, status }) => metadata.name === self || status?.runnerName === self) ||
    pods.some(({ metadata }) => metadata.name === self);
  return isHere ? self : undefined;
}
