import { type Cluster, KubeClientError } from '@hawser/kube-client';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { PodFact, RunnerCluster } from '../controller/ports.js';
import { SessionsError } from '../errors.js';
import { checkAccess } from './check.js';
import { buildRunnerJob } from './job.js';
import { merge } from './merge.js';
import { jobFact, podFact } from './pod-fact.js';
import { runnerLabels, type RunnerTemplate } from './template.js';

/** How runners are run in a cluster. */
export interface KubeClusterOptions {
  /** Stays open; whoever opened it closes it. */
  readonly cluster: Cluster;
  readonly template: RunnerTemplate;
  /** Milliseconds without a word until a watch is taken for dead. Default 120,000: bookmarks come about every minute. */
  readonly silenceMs?: number;
  /** Milliseconds after which everything is listed again. Default 600,000. */
  readonly resyncMs?: number;
}

/** A Job that has no pod after this time is asked why. */
const PODLESS_MS = 3_000;

/**
 * Runs runners as Jobs, one for each start of a session, named after it: a start that is asked for again, by whichever
 * replica, finds the Job that is there. Of what runs the watch tells, which lists anew after anything that it may have
 * missed.
 */
export function openKubeCluster({ cluster, template, ...options }: KubeClusterOptions): RunnerCluster {
  const namespace = encodeURIComponent(template.namespace);
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const events = `/api/v1/namespaces/${namespace}/events`;
  const labelSelector = Object.entries(runnerLabels(template))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

  const start: RunnerCluster['start'] = async (wanted) => {
    const { job, ownedSecret } = buildRunnerJob(template, wanted);
    const jobName = job.metadata.name;
    try {
      const made =
        (await unlessThere(cluster.post<V1Job>(jobs, job))) ?? (await cluster.get<V1Job>(`${jobs}/${jobName}`));
      await unlessThere(cluster.post(secrets, ownedSecret(made.metadata?.uid ?? '')));
      return { jobName };
    } catch (error) {
      throw unavailable(`The Job ${jobName} cannot be made`, error);
    }
  };

  const remove: RunnerCluster['remove'] = async (jobName, { graceSeconds }) => {
    try {
      // In the background the collector takes pods and Secret; the pods are told first how long they have.
      await unlessGone(cluster.delete(`${jobs}/${jobName}`, { propagationPolicy: 'Background' }));
      const selector = { labelSelector: `batch.kubernetes.io/job-name=${jobName}` };
      for await (const pod of cluster.list<V1Pod>(pods, selector)) {
        const path = `${pods}/${encodeURIComponent(pod.metadata?.name ?? '')}`;
        await unlessGone(cluster.delete(path, { gracePeriodSeconds: graceSeconds }));
      }
    } catch (error) {
      throw unavailable(`The Job ${jobName} cannot be removed`, error);
    }
  };

  /** Why a Job has no pod: a quota, an account that is missing, an admission policy. */
  const refusalOf = async (jobName: string, signal: AbortSignal): Promise<string | null> => {
    const fieldSelector = `involvedObject.kind=Job,involvedObject.name=${jobName},reason=FailedCreate`;
    let message: string | null = null;
    for await (const event of cluster.list<{ readonly message?: string }>(events, { fieldSelector, signal })) {
      message = event.message ?? message;
    }
    return message === null ? null : `FailedCreate: ${message}`;
  };

  const watch: RunnerCluster['watch'] = ({ signal, onAge }) => {
    const { silenceMs = 120_000, resyncMs = 600_000 } = options;
    return merge<PodFact>(signal, (emit, ending) => {
      /** Names of Jobs whose pod was seen. */
      const withPod = new Set<string>();
      const timers = new Map<string, NodeJS.Timeout>();
      const heard = new Map<string, number>();
      const watched = { labelSelector, silenceMs, resyncMs, signal: ending };
      const tick = onAge
        ? setInterval(() => onAge(Date.now() - Math.min(...heard.values(), Date.now())), AGE_EVERY_MS).unref()
        : undefined;
      const followed = (path: string) => ({ ...watched, onHeard: () => heard.set(path, Date.now()) });
      ending.addEventListener('abort', () => {
        clearInterval(tick);
        for (const timer of timers.values()) clearTimeout(timer);
      });

      const followPods = async (): Promise<void> => {
        for await (const { type, object } of cluster.watch<V1Pod>(pods, followed(pods))) {
          const fact = podFact(object, type === 'DELETED');
          if (!fact) continue;
          withPod.add(fact.jobName);
          emit(fact);
        }
      };
      const followJobs = async (): Promise<void> => {
        for await (const { type, object } of cluster.watch<V1Job>(jobs, followed(jobs))) {
          const name = object.metadata?.name ?? '';
          const isGone = type === 'DELETED';
          const isKnown = withPod.has(name);
          const fact = jobFact(object, isGone, null);
          // Of a pod that was seen the watch on pods tells; the Job only why it is no longer there.
          if (fact && (!isKnown || fact.terminated?.reason === 'DeadlineExceeded')) emit(fact);
          clearTimeout(timers.get(name));
          timers.delete(name);
          if (isGone) withPod.delete(name);
          if (isGone || isKnown || fact) continue;
          timers.set(name, setTimeout(() => void ask(name, object), PODLESS_MS).unref());
        }
      };
      const ask = async (name: string, job: V1Job): Promise<void> => {
        timers.delete(name);
        if (withPod.has(name) || ending.aborted) return;
        const refusal = await refusalOf(name, ending).catch(() => null);
        const fact = withPod.has(name) ? undefined : jobFact(job, false, refusal);
        if (fact) emit(fact);
        timers.set(name, setTimeout(() => void ask(name, job), PODLESS_MS * 5).unref());
      };
      return [followPods(), followJobs()];
    });
  };

  return { kind: 'kubernetes', start, remove, watch, check: async () => await checkAccess(cluster, template) };
}

/** How often the age of a watch is told. */
const AGE_EVERY_MS = 5_000;

/** Undefined when it is there already (409). */
async function unlessThere<T>(creating: Promise<T>): Promise<T | undefined> {
  try {
    return await creating;
  } catch (error) {
    if (error instanceof KubeClientError && error.details?.['reason'] === 'AlreadyExists') return undefined;
    throw error;
  }
}

/** Nothing there is as good as deleted. */
async function unlessGone(deleting: Promise<unknown>): Promise<void> {
  try {
    await deleting;
  } catch (error) {
    if (!(error instanceof KubeClientError) || error.code !== 'HAWSER_KUBE_NOT_FOUND') throw error;
  }
}

function unavailable(what: string, cause: unknown): unknown {
  if (!(cause instanceof KubeClientError)) return cause;
  const { code, hint, details } = cause;
  return new SessionsError('HAWSER_SESSIONS_CLUSTER_UNAVAILABLE', `${what}: ${cause.message}`, {
    cause,
    hint,
    details: { ...details, kube: code },
  });
}
