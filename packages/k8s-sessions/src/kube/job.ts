import type { V1Job, V1ObjectMeta, V1PodSpec, V1Secret } from '@kubernetes/client-node';
import type { RunnerJob } from '../controller/ports.js';
import { runnerLabel, runnerLabels, runnerPort, type RunnerTemplate } from './template.js';

/** A Kubernetes object as it is sent. */
export interface KubeManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** Seconds by which the runner ends a command before the cluster would, so that the end and its log are told. */
const BACKSTOP_SECONDS = 60;

const secretFolder = '/run/hawser/secret';

/** Everything that a runner writes: `work`, `home` and `log` in it. */
const workFolder = '/var/lib/hawser';

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
        spec: podSpec(template, job, name),
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

function podSpec(template: RunnerTemplate, job: RunnerJob, secretName: string): V1PodSpec {
  const { userId = 10_001, graceSeconds = 30, volumes = {} } = template;
  const { work = '2Gi', home = '512Mi', tmp = '512Mi', log = '512Mi' } = volumes;
  const folders = [
    { name: 'work', mountPath: workFolder, sizeLimit: work },
    // Of their own, so that a command that fills the others loses neither its log nor its settings.
    { name: 'log', mountPath: `${workFolder}/log`, sizeLimit: log },
    { name: 'home', mountPath: `${workFolder}/home`, sizeLimit: home },
    { name: 'tmp', mountPath: '/tmp', sizeLimit: tmp },
  ];
  return {
    restartPolicy: 'Never',
    serviceAccountName: template.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    ...(template.hostUsers !== undefined && { hostUsers: template.hostUsers }),
    ...(template.runtimeClassName && { runtimeClassName: template.runtimeClassName }),
    ...(template.priorityClassName && { priorityClassName: template.priorityClassName }),
    ...(template.nodeSelector && { nodeSelector: { ...template.nodeSelector } }),
    ...(template.tolerations && { tolerations: [...template.tolerations] }),
    ...(template.imagePullSecrets && { imagePullSecrets: template.imagePullSecrets.map((name) => ({ name })) }),
    ...(template.nameservers && { dnsPolicy: 'None', dnsConfig: { nameservers: [...template.nameservers] } }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'runner',
        image: template.image,
        ...(template.imagePullPolicy && { imagePullPolicy: template.imagePullPolicy }),
        args: [...(template.args ?? ['runner'])],
        env: [
          { name: 'HAWSER_SESSIONS_CONTROLLER_URL', value: template.controllerUrl },
          { name: 'HAWSER_SESSIONS_SESSION', value: job.session },
          { name: 'HAWSER_SESSIONS_ATTEMPT', value: String(job.attempt) },
          { name: 'HAWSER_SESSIONS_SECRET_FILE', value: `${secretFolder}/secret` },
          { name: 'HAWSER_SESSIONS_WORK_FOLDER', value: workFolder },
          { name: 'HAWSER_SESSIONS_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'HAWSER_SESSIONS_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
          { name: 'HAWSER_SESSIONS_POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'HOME', value: `${workFolder}/home` },
        ],
        ports: [{ name: 'terminal', containerPort: runnerPort, protocol: 'TCP' }],
        ...(template.resources && { resources: template.resources }),
        securityContext: {
          allowPrivilegeEscalation: false,
          privileged: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        // What the kubelet keeps of a container's last words, where it could tell nobody else.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          ...folders.map(({ name, mountPath }) => ({ name, mountPath })),
          { name: 'secret', mountPath: secretFolder, readOnly: true },
        ],
      },
    ],
    volumes: [
      ...folders.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } })),
      { name: 'secret', secret: { secretName, defaultMode: 0o440 } },
    ],
  };
}
