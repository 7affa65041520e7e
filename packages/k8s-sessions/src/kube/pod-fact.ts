import { constants } from 'node:os';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { PodFact } from '../controller/ports.js';
import { runnerLabel } from './template.js';

type Labels = Readonly<Record<string, string>> | undefined;

/** Which start an object belongs to; undefined when its labels do not say. */
export function startOf(labels: Labels): { readonly session: string; readonly attempt: number } | undefined {
  const session = labels?.[runnerLabel.session];
  const attempt = Number(labels?.[runnerLabel.attempt]);
  return session !== undefined && Number.isSafeInteger(attempt) && attempt > 0 ? { session, attempt } : undefined;
}

/** What a pod's status says. Undefined for a pod that is no runner. */
export function podFact(pod: V1Pod, isGone: boolean): PodFact | undefined {
  const start = startOf(pod.metadata?.labels);
  const jobName = pod.metadata?.labels?.['batch.kubernetes.io/job-name'] ?? pod.metadata?.labels?.['job-name'];
  if (!start || jobName === undefined) return undefined;
  const { status = {} } = pod;
  const [container] = status.containerStatuses ?? [];
  return {
    ...start,
    jobName,
    podName: pod.metadata?.name ?? null,
    podUid: pod.metadata?.uid ?? null,
    address: status.podIP || null,
    phase: isGone ? 'gone' : phaseOf(status.phase),
    ready: !isGone && status.conditions?.some(({ type, status: set }) => type === 'Ready' && set === 'True') === true,
    image: /sha256:[0-9a-f]{64}/.exec(container?.imageID ?? '')?.[0] ?? null,
    waiting: isGone ? null : waitingFor(status),
    terminated: terminatedOf(pod, isGone),
  };
}

/** What a Job says of a pod that is not there: never made, or removed with the Job's deadline. Undefined when it says nothing. */
export function jobFact(job: V1Job, isGone: boolean, refusal: string | null): PodFact | undefined {
  const start = startOf(job.metadata?.labels);
  const jobName = job.metadata?.name;
  if (!start || jobName === undefined) return undefined;
  const failed = job.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
  if (!isGone && !failed && refusal === null) return undefined;
  const { reason = null, message = null } = failed ?? {};
  return {
    ...start,
    jobName,
    podName: null,
    podUid: null,
    address: null,
    phase: isGone || failed ? 'gone' : 'pending',
    ready: false,
    image: null,
    waiting: failed ? null : refusal,
    terminated: failed ? { exitCode: null, signal: null, reason, message } : null,
  };
}

function phaseOf(phase: string | undefined): PodFact['phase'] {
  if (phase === 'Running') return 'running';
  if (phase === 'Succeeded') return 'succeeded';
  if (phase === 'Failed') return 'failed';
  // `Unknown` was said of pods on lost nodes by older releases: it may still run.
  return phase === 'Unknown' ? 'running' : 'pending';
}

/** Why a pod does not run yet: the scheduler's words, or those of the kubelet. */
function waitingFor({ phase, conditions, containerStatuses }: NonNullable<V1Pod['status']>): string | null {
  if (phase !== undefined && phase !== 'Pending') return null;
  const unplaced = conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unplaced) return said(unplaced.reason ?? 'Unschedulable', unplaced.message);
  const waiting = containerStatuses?.[0]?.state?.waiting;
  if (!waiting?.reason || waiting.reason === 'ContainerCreating' || waiting.reason === 'PodInitializing') return null;
  return said(waiting.reason, waiting.message);
}

function said(reason: string, message: string | undefined): string {
  return message ? `${reason}: ${message}` : reason;
}

/** Reasons of the condition DisruptionTarget (Kubernetes documentation, "Disruptions"), as the words kubelets have for the same. */
const disruptions: Readonly<Record<string, string>> = {
  TerminationByKubelet: 'Evicted',
  EvictionByEvictionAPI: 'Evicted',
  PreemptionByScheduler: 'Evicted',
  DeletionByTaintManager: 'NodeLost',
  DeletionByPodGC: 'NodeLost',
};

/**
 * How a pod ended. What ended the pod as a whole (eviction, a lost node, its deadline) says more than how its container
 * went, which then is only the consequence.
 */
function terminatedOf({ status = {} }: V1Pod, isGone: boolean): PodFact['terminated'] {
  const container = status.containerStatuses?.[0]?.state?.terminated;
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (!container && !isOver && !isGone) return null;
  const target = status.conditions?.find(({ type, status: set }) => type === 'DisruptionTarget' && set === 'True');
  const whole = target ? (disruptions[target.reason ?? ''] ?? 'Evicted') : (status.reason ?? null);
  const reason = whole ?? container?.reason ?? null;
  if (!container && reason === null) return null;
  const message = (whole === null ? container?.message : (status.message ?? target?.message)) ?? null;
  return {
    exitCode: container?.exitCode ?? null,
    signal: signalOf(container?.signal, container?.exitCode),
    reason,
    message,
  };
}

/** Some runtimes tell the signal, most only 128 and its number. */
function signalOf(signal: number | undefined, exitCode: number | undefined): string | null {
  const number = signal || (exitCode !== undefined && exitCode > 128 ? exitCode - 128 : 0);
  if (number === 0) return null;
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}
