import type { Observation } from '@hawser/contexts/arc';
import type { EphemeralRunner as Runner, Pod, ScaleSet as Set } from '../../src/arc/evidence/cluster.js';

// Field names are those of the Go types in actions-runner-controller, apis/actions.github.com/v1alpha1, and of GitHub's
// REST API 2022-11-28. See ../fixtures/README.md.

export const at = '2026-01-02T03:04:05.000Z';
export const subject = {
  owner: 'acme',
  repository: 'app',
  scaleSet: 'linux',
  namespace: 'arc-runners',
  githubUrl: 'https://github.com',
} as const;
export const settings = { timeoutMs: 600_000, pollIntervalMs: 10_000, queuedAfterMs: 600_000 } as const;

type Changes<T> = { [K in keyof T]?: T[K] };

export const seen = <T>(value: T): { readonly seen: T } => ({ seen: value });
export const refused = {
  unseen: { code: 'HAWSER_KUBE_FORBIDDEN', message: 'You may not list that.', hint: 'Ask for it.', refused: true },
} as const;
export const lost = {
  unseen: { code: 'HAWSER_KUBE_UNREACHABLE', message: 'Nobody answers.', hint: 'Try again.', refused: false },
} as const;

/** When that many minutes before the look were. */
export const minutesAgo = (minutes: number): string => new Date(Date.parse(at) - minutes * 60_000).toISOString();

type Cluster = Observation['cluster'];

export function scaleSet(
  changes: { spec?: Changes<Set['spec']>; status?: Set['status']; metadata?: Changes<Set['metadata']> } = {},
): Set {
  return {
    metadata: {
      name: 'linux',
      namespace: 'arc-runners',
      creationTimestamp: minutesAgo(9000),
      finalizers: ['autoscalingrunnerset.actions.github.com/finalizer'],
      labels: { 'app.kubernetes.io/version': '0.14.2' },
      ...changes.metadata,
    },
    spec: {
      githubConfigUrl: 'https://github.com/acme',
      githubConfigSecret: 'linux-github',
      minRunners: 0,
      maxRunners: 5,
      ...changes.spec,
    },
    status: changes.status ?? { currentRunners: 0, phase: 'Running' },
  };
}

export function runner(
  name: string,
  status: Runner['status'] = {},
  metadata: Changes<Runner['metadata']> = {},
): Runner {
  return { metadata: { name, namespace: 'arc-runners', creationTimestamp: minutesAgo(3), ...metadata }, status };
}

export function runnerPod(name: string, phase = 'Running', component = 'runner'): Pod {
  return {
    metadata: {
      name,
      namespace: 'arc-runners',
      labels: { 'actions.github.com/scale-set-name': 'linux', 'app.kubernetes.io/component': component },
    },
    status: { phase, conditions: [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }] },
  };
}

export function listenerPod(ready = true): Pod {
  return {
    metadata: {
      name: 'linux-754b578d-listener',
      namespace: 'arc-systems',
      labels: {
        'actions.github.com/scale-set-name': 'linux',
        'actions.github.com/scale-set-namespace': 'arc-runners',
        'app.kubernetes.io/component': 'runner-scale-set-listener',
      },
    },
    status: {
      phase: ready ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

/** A scale set that is idle and well. */
export function healthy(
  changes: { readonly cluster?: Changes<Cluster>; readonly github?: Changes<Observation['github']> } = {},
): Observation {
  return {
    at,
    cluster: {
      groups: seen(['apps', 'actions.github.com']),
      sets: seen([scaleSet()]),
      controllers: seen([
        {
          metadata: {
            name: 'arc-gha-rs-controller',
            namespace: 'arc-systems',
            labels: { 'app.kubernetes.io/version': '0.14.2' },
          },
          status: { replicas: 1, availableReplicas: 1 },
        },
      ]),
      listeners: seen([
        {
          metadata: { name: 'linux-754b578d-listener', namespace: 'arc-systems' },
          spec: { autoscalingRunnerSetName: 'linux', autoscalingRunnerSetNamespace: 'arc-runners' },
        },
      ]),
      listenerPods: seen([listenerPod()]),
      runners: seen([]),
      pods: seen([]),
      secret: seen({ keys: ['github_token'] }),
      ...changes.cluster,
    },
    github: {
      scope: '/orgs/acme',
      runners: seen({ items: [], complete: true }),
      jobs: seen({ items: [], complete: true }),
      ...changes.github,
    },
  };
}

export function githubRunner(
  id: number,
  name: string,
  changes: { readonly busy?: boolean; readonly status?: string; readonly labels?: readonly string[] } = {},
): { id: number; name: string; status: string; busy: boolean; labels: { name: string }[] } {
  return {
    id,
    name,
    status: changes.status ?? 'online',
    busy: changes.busy ?? false,
    labels: (changes.labels ?? ['linux']).map((label) => ({ name: label })),
  };
}
