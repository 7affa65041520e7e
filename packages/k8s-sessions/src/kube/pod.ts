import type { V1Container, V1EnvVar, V1PodSpec } from '@kubernetes/client-node';
import { runnerPort, type RunnerTemplate } from './template.js';

const secretFolder = '/run/hawser/secret';

/** Where a runner finds its credential. */
export const secretFile: string = `${secretFolder}/secret`;

/** Everything that a runner writes: `work`, `home` and `log` in it. */
export const workFolder = '/var/lib/hawser';

/**
 * A pod in which anything may be tried: no rights, no token, no privilege, one user, a root that cannot be written, and
 * volumes of stated sizes for all the rest.
 */
export function runnerPod(
  template: RunnerTemplate,
  what: {
    readonly command?: readonly string[];
    readonly args: readonly string[];
    readonly env: readonly V1EnvVar[];
    /** Secret whose key `secret` becomes {@link secretFile}. */
    readonly secretName?: string;
  },
): V1PodSpec {
  const { userId = 10_001, graceSeconds = 30, volumes = {} } = template;
  const { work = '2Gi', home = '512Mi', tmp = '512Mi', log = '512Mi' } = volumes;
  const folders = [
    { name: 'work', mountPath: workFolder, sizeLimit: work },
    // Of their own, so that a command that fills the others loses neither its log nor its settings.
    { name: 'log', mountPath: `${workFolder}/log`, sizeLimit: log },
    { name: 'home', mountPath: `${workFolder}/home`, sizeLimit: home },
    { name: 'tmp', mountPath: '/tmp', sizeLimit: tmp },
  ];
  const { secretName } = what;
  const container: V1Container = {
    name: 'runner',
    image: template.image,
    ...(template.imagePullPolicy && { imagePullPolicy: template.imagePullPolicy }),
    ...(what.command && { command: [...what.command] }),
    args: [...what.args],
    env: [...what.env],
    ports: [{ name: 'terminal', containerPort: runnerPort, protocol: 'TCP' }],
    ...(template.resources && { resources: template.resources }),
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      ...folders.map(({ name, mountPath }) => ({ name, mountPath })),
      ...(secretName === undefined ? [] : [{ name: 'secret', mountPath: secretFolder, readOnly: true }]),
    ],
  };
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
    containers: [container],
    volumes: [
      ...folders.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } })),
      ...(secretName === undefined ? [] : [{ name: 'secret', secret: { secretName, defaultMode: 0o440 } }]),
    ],
  };
}
