import { suffix } from '../store/names.js';
import { now } from '../store/store.js';
import type { KubeObject } from '../types.js';
import { createEvents } from './events.js';
import type { Delete } from './garbage.js';
import { type Condition, isGoing, ownersOf, type Shelf, uidOf, withCondition } from './parts.js';
import { createQueue } from './queue.js';

interface JobSpec {
  readonly parallelism?: number;
  readonly completions?: number;
  readonly backoffLimit?: number;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly suspend?: boolean;
  readonly template: {
    readonly metadata?: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: object;
  };
}

interface JobStatus {
  readonly conditions?: readonly Condition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly ready?: number;
  readonly succeeded?: number;
  readonly failed?: number;
}

/** Why a pod may not be made; undefined: it may. */
export type Admit = (pod: KubeObject) => string | undefined;

/**
 * Makes the pods of Jobs, tells how they ended, and removes finished ones when their time is over, in the order and the
 * words of Kubernetes 1.34 (pkg/controller/job, ttlafterfinished). A failed pod is made again at once, not later each time.
 */
export function startJobController(shelf: Shelf, erase: Delete, admit: Admit): { close(): void } {
  const tell = createEvents(shelf, 'job-controller');
  const pods = shelf.kind('v1', 'Pod');
  const jobs = shelf.kind('batch/v1', 'Job');
  /** How each pod of a Job ended, also when it is gone: by uid of the Job, then of the pod. */
  const ledger = new Map<string, Map<string, 'active' | 'succeeded' | 'failed'>>();

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const job = shelf.store.get(jobs, namespace, name);
    if (!job || isGoing(job)) return;
    const spec = job['spec'] as JobSpec;
    const status = (job['status'] ?? {}) as JobStatus;
    const end = finished(status);
    if (end) return removeInTime(key, job, spec, end);

    const own = shelf.store.list(pods, namespace).filter((pod) => ownersOf(pod).some(({ uid }) => uid === uidOf(job)));
    const seen = ledger.get(uidOf(job)) ?? new Map<string, 'active' | 'succeeded' | 'failed'>();
    ledger.set(uidOf(job), seen);
    const there = new Set(own.map(uidOf));
    // A pod that was deleted before it ended counts as one that failed.
    for (const [uid, was] of seen) if (was === 'active' && !there.has(uid)) seen.set(uid, 'failed');
    for (const pod of own) seen.set(uidOf(pod), outcomeOf(pod));
    const count = (what: string): number => [...seen.values()].filter((one) => one === what).length;
    const running = own.filter((pod) => outcomeOf(pod) === 'active');
    const succeeded = count('succeeded');
    const failed = count('failed');
    const next: JobStatus = {
      ...status,
      ...(!spec.suspend && { startTime: status.startTime ?? now() }),
      active: running.length,
      ready: running.filter(isReady).length,
      ...(succeeded > 0 && { succeeded }),
      ...(failed > 0 && { failed }),
    };
    const leftMs =
      spec.activeDeadlineSeconds === undefined || next.startTime === undefined
        ? Number.POSITIVE_INFINITY
        : Date.parse(next.startTime) + spec.activeDeadlineSeconds * 1_000 - Date.now();
    const { completions = 1, parallelism = 1, backoffLimit = 6 } = spec;
    const target = status.conditions?.find(({ type }) => type === 'FailureTarget');
    const failure =
      target ??
      (leftMs <= 0
        ? { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
        : failed > backoffLimit
          ? { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
          : undefined);
    if (failure) {
      const { reason = '', message = '' } = failure;
      for (const pod of running) if (!isGoing(pod)) erase(pods, pod);
      const isOver = shelf.store
        .list(pods, namespace)
        .every((pod) => !there.has(uidOf(pod)) || outcomeOf(pod) !== 'active');
      let conditions = withCondition(status.conditions ?? [], {
        type: 'FailureTarget',
        status: 'True',
        reason,
        message,
      });
      if (isOver) {
        conditions = withCondition(conditions, { type: 'Failed', status: 'True', reason, message });
        tell(job, 'Warning', reason, message);
      }
      return write(job, { ...next, active: isOver ? 0 : running.length, ready: 0, conditions });
    }
    if (succeeded >= completions) {
      const about = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
      const met = withCondition(status.conditions ?? [], { type: 'SuccessCriteriaMet', status: 'True', ...about });
      tell(job, 'Normal', 'Completed', 'Job completed');
      return write(job, {
        ...next,
        completionTime: now(),
        conditions: withCondition(met, { type: 'Complete', status: 'True', ...about }),
      });
    }
    if (Number.isFinite(leftMs)) queue.addAfter(key, leftMs);
    const wanted = spec.suspend ? 0 : Math.min(parallelism, completions - succeeded) - running.length;
    let made = 0;
    for (; made < wanted; made += 1) if (!makePod(job, spec)) break;
    write(job, { ...next, active: running.length + made });
  };

  const makePod = (job: KubeObject, spec: JobSpec): boolean => {
    const { name, namespace = '' } = job.metadata;
    const ids = { 'controller-uid': uidOf(job), 'job-name': name };
    const labels = {
      ...spec.template.metadata?.labels,
      ...ids,
      'batch.kubernetes.io/controller-uid': ids['controller-uid'],
      'batch.kubernetes.io/job-name': name,
    };
    const owner = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      name,
      uid: uidOf(job),
      controller: true,
      blockOwnerDeletion: true,
    };
    const annotations = spec.template.metadata?.annotations;
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name}-${suffix()}`,
        generateName: `${name}-`,
        namespace,
        labels,
        ...(annotations && { annotations }),
        ownerReferences: [owner],
      },
      spec: spec.template.spec,
      status: { phase: 'Pending' },
    };
    const refusal = admit(pod);
    if (refusal !== undefined) {
      tell(job, 'Warning', 'FailedCreate', `Error creating: pods "${pod.metadata.name}" is forbidden: ${refusal}`);
      queue.addAfter(`${namespace}/${name}`, RETRY_MS);
      return false;
    }
    ledger.get(uidOf(job))?.set(uidOf(shelf.put(pod)), 'active');
    tell(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    return true;
  };

  /** Changes nothing where nothing is new: each change is looked at again. */
  const write = (job: KubeObject, status: JobStatus): void => {
    if (JSON.stringify(job['status'] ?? {}) !== JSON.stringify(status)) shelf.put({ ...job, status });
  };

  const removeInTime = (key: string, job: KubeObject, spec: JobSpec, end: Condition): void => {
    ledger.delete(uidOf(job));
    if (spec.ttlSecondsAfterFinished === undefined) return;
    const leftMs = Date.parse(end.lastTransitionTime ?? now()) + spec.ttlSecondsAfterFinished * 1_000 - Date.now();
    if (leftMs > 0) queue.addAfter(key, leftMs);
    else erase(jobs, job);
  };

  const queue = createQueue(sync);
  const stop = shelf.store.onChange(({ type, kind, object }) => {
    const { namespace = '', name } = object.metadata;
    if (kind === jobs) {
      if (type === 'DELETED') ledger.delete(uidOf(object));
      else queue.add(`${namespace}/${name}`);
    }
    if (kind !== pods) return;
    for (const owner of ownersOf(object)) if (owner.kind === 'Job') queue.add(`${namespace}/${owner.name}`);
  });
  for (const job of shelf.store.list(jobs)) queue.add(`${job.metadata.namespace ?? ''}/${job.metadata.name}`);
  return {
    close: () => {
      stop();
      queue.close();
    },
  };
}

/** A refused pod is tried again; a real controller waits longer each time. */
const RETRY_MS = 1_000;

function finished({ conditions = [] }: JobStatus): Condition | undefined {
  return conditions.find(({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'));
}

function outcomeOf(pod: KubeObject): 'active' | 'succeeded' | 'failed' {
  const { phase } = (pod['status'] ?? {}) as { readonly phase?: string };
  if (phase === 'Succeeded') return 'succeeded';
  return phase === 'Failed' ? 'failed' : 'active';
}

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
