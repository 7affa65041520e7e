import type { Clock } from '@hawser/contexts/arc';
import { MemoryCluster } from './arc-cluster.js';

/** A secret that no report, error or file may ever show. */
export const planted = 'ghp_plantedplantedplantedplantedplanted12';
export const plantedInCluster = 'planted-in-the-cluster-0123456789abcdef';

const arc = 'actions.github.com/v1alpha1';

/** Whole objects, as an API server has them: with templates and environments nobody needs to see. */
export const objects = {
  set: (
    githubConfigUrl: string,
    spec: object = {},
    status: object = { currentRunners: 0, phase: 'Running' },
  ): object => ({
    apiVersion: arc,
    kind: 'AutoscalingRunnerSet',
    metadata: {
      name: 'linux',
      namespace: 'arc-runners',
      uid: '0c1f',
      annotations: { 'runner-scale-set-id': '1', note: plantedInCluster },
      labels: { 'app.kubernetes.io/version': '0.14.2', 'app.kubernetes.io/instance': 'linux' },
      finalizers: ['autoscalingrunnerset.actions.github.com/finalizer'],
    },
    spec: {
      githubConfigUrl,
      githubConfigSecret: 'linux-github',
      maxRunners: 5,
      template: {
        spec: { containers: [{ name: 'runner', env: [{ name: 'PASSWORD', value: plantedInCluster }] }] },
      },
      ...spec,
    },
    status,
  }),
  controller: (): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'arc-gha-rs-controller',
      namespace: 'arc-systems',
      labels: { 'app.kubernetes.io/part-of': 'gha-rs-controller', 'app.kubernetes.io/version': '0.14.2' },
    },
    spec: { replicas: 1 },
    status: { replicas: 1, availableReplicas: 1 },
  }),
  listener: (): object => ({
    apiVersion: arc,
    kind: 'AutoscalingListener',
    metadata: { name: 'linux-754b578d-listener', namespace: 'arc-systems' },
    spec: { autoscalingRunnerSetName: 'linux', autoscalingRunnerSetNamespace: 'arc-runners', runnerScaleSetId: 1 },
  }),
  listenerPod: (): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'linux-754b578d-listener',
      namespace: 'arc-systems',
      labels: {
        'actions.github.com/scale-set-name': 'linux',
        'actions.github.com/scale-set-namespace': 'arc-runners',
        'app.kubernetes.io/component': 'runner-scale-set-listener',
      },
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }),
  secret: (): object => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'linux-github', namespace: 'arc-runners' },
    data: { github_token: Buffer.from(plantedInCluster).toString('base64') },
  }),
  runner: (name: string, status: object = {}): object => ({
    apiVersion: arc,
    kind: 'EphemeralRunner',
    metadata: {
      name,
      namespace: 'arc-runners',
      labels: { 'actions.github.com/scale-set-name': 'linux', 'app.kubernetes.io/component': 'runner' },
    },
    spec: { githubConfigUrl: 'https://github.com/acme', spec: { containers: [] } },
    status,
  }),
  pod: (name: string, phase = 'Running'): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'arc-runners',
      labels: { 'actions.github.com/scale-set-name': 'linux', 'app.kubernetes.io/component': 'runner' },
    },
    spec: { containers: [{ name: 'runner', env: [{ name: 'JIT', value: plantedInCluster }] }] },
    status: { phase, conditions: [{ type: 'Ready', status: 'True' }] },
  }),
};

/** A cluster with an idle set `linux`, registered with `githubConfigUrl`. */
export function idleCluster(githubConfigUrl: string, spec: object = {}, status?: object): MemoryCluster {
  return new MemoryCluster()
    .put(`${arc}/autoscalingrunnersets`, objects.set(githubConfigUrl, spec, status))
    .put(`${arc}/autoscalinglisteners`, objects.listener())
    .put('apps/v1/deployments', objects.controller())
    .put('v1/pods', objects.listenerPod())
    .put('v1/secrets', objects.secret());
}

export const lists = {
  sets: `${arc}/autoscalingrunnersets`,
  runners: `${arc}/ephemeralrunners`,
  pods: 'v1/pods',
} as const;

/** Time that passes when somebody sleeps, and only then. */
export function virtualClock(
  startMs: number = Date.parse('2026-01-02T03:04:05Z'),
): Clock & { readonly slept: number[] } {
  let now = startMs;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      // What was to happen before has happened: an event comes ahead of the time that would pass.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
      slept.push(ms);
    },
  };
}
