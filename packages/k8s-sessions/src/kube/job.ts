import type { V1EnvVar, V1Job, V1ObjectMeta, V1Secret } from '@kubernetes/client-node';
import type { RunnerJob } from '../controller/ports.js';
import { runnerPod, secretFile, workFolder } from './pod.js';
import { runnerLabel, runnerLabels, type RunnerTemplate } from './template.js';

/** A Kubernetes object as it is sent. */
export interface KubeManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** Seconds by which the runner ends a command before the cluster would, so that the end and its log are told. */
const BACKSTOP_SECONDS = 60;

/** The name of one start of a session; asking for the same twice makes one. At most 63 characters, as names of Jobs are labels. */
export function jobNameOf({ session, attempt }: Pick<RunnerJob, 'session' | 'attempt'>): string {
  return `session-${session}-${attempt}`;
}

/**
 * The Job of one start, and the Secret with its credential. The Secret is to be owned by the Job, so it can only be
 * made after it: its pod waits for it.
 *
 * The Job never starts a second pod, and is no place for anything that must not be read by whoever may read pods:
 * command, prompt and environment come over the runner's own channel.
 */
export function buildRunnerJob(
  template: RunnerTemplate,
  job: RunnerJob,
): { readonly job: KubeManifest; readonly ownedSecret: (jobUid: string) => KubeManifest } {
  const name = jobNameOf(job);
  const labels = {
    ...template.labels,
    ...runnerLabels(template),
    'app.kubernetes.io/managed-by': 'hawser-sessions',
    [runnerLabel.session]: job.session,
    [runnerLabel.attempt]: String(job.attempt),
    [runnerLabel.egress]: job.egress,
  };
  const metadata = {
    name,
    namespace: template.namespace,
    labels,
    ...(template.annotations && { annotations: { ...template.annotations } }),
  } satisfies V1ObjectMeta;
  const { startAllowanceSeconds = 900, graceSeconds = 30 } = template;
  const activeDeadlineSeconds =
    startAllowanceSeconds + Math.ceil(job.deadlineMs / 1_000) + BACKSTOP_SECONDS + graceSeconds;
  const manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 0,
      ttlSecondsAfterFinished: job.ttlSeconds,
      activeDeadlineSeconds,
      template: {
        metadata: { labels, ...(metadata.annotations && { annotations: metadata.annotations }) },
        spec: runnerPod(template, {
          env: environmentOf(template, job),
          args: template.args ?? ['runner'],
          secretName: name,
        }),
      },
    },
  } satisfies V1Job;
  const ownedSecret = (jobUid: string): KubeManifest =>
    ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: template.namespace,
        labels,
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: jobUid }],
      },
      type: 'Opaque',
      immutable: true,
      data: { secret: Buffer.from(job.secret).toString('base64') },
    }) satisfies V1Secret & KubeManifest;
  return { job: manifest, ownedSecret };
}

function environmentOf(template: RunnerTemplate, job: RunnerJob): readonly V1EnvVar[] {
  const field = (name: string, fieldPath: string): V1EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [
    { name: 'HAWSER_SESSIONS_CONTROLLER_URL', value: template.controllerUrl },
    { name: 'HAWSER_SESSIONS_SESSION', value: job.session },
    { name: 'HAWSER_SESSIONS_ATTEMPT', value: String(job.attempt) },
    { name: 'HAWSER_SESSIONS_SECRET_FILE', value: secretFile },
    { name: 'HAWSER_SESSIONS_WORK_FOLDER', value: workFolder },
    field('HAWSER_SESSIONS_POD_NAME', 'metadata.name'),
    field('HAWSER_SESSIONS_POD_UID', 'metadata.uid'),
    field('HAWSER_SESSIONS_POD_IP', 'status.podIP'),
    { name: 'HOME', value: `${workFolder}/home` },
  ];
}
