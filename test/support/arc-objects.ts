/** A secret that no report, error or file may ever show. */
export const planted = 'ghp_plantedplantedplantedplantedplanted12';
export const plantedInCluster = 'planted-in-the-cluster-0123456789abcdef';

const arc = 'actions.github.com/v1alpha1';

/** The older product, as its CustomResourceDefinition names what is looked at. */
export const olderDefinition: object = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'runnerdeployments.actions.summerwind.dev' },
  spec: {
    group: 'actions.summerwind.dev',
    scope: 'Namespaced',
    names: { kind: 'RunnerDeployment', plural: 'runnerdeployments' },
    versions: [{ name: 'v1alpha1' }],
  },
};

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

/** All objects of an idle set, registered with `githubConfigUrl`. */
export function idleObjects(githubConfigUrl: string): readonly object[] {
  return [
    objects.set(githubConfigUrl),
    objects.listener(),
    objects.controller(),
    objects.listenerPod(),
    objects.secret(),
  ];
}
