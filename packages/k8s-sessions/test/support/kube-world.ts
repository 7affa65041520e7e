import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startKubeEmulator,
  type KubeEmulator,
  type KubeEmulatorOptions,
  type KubeImage,
  type KubeObject,
} from '@hawser/emulators/kube';
import { type Cluster, openCluster } from '@hawser/kube-client';
import type { PodFact, RunnerCluster, RunnerJob } from '../../src/controller/ports.js';
import { openKubeCluster, type RunnerTemplate } from '../../src/kube/index.js';

export const namespace = 'sessions-runners';

export const template: RunnerTemplate = {
  namespace,
  instance: 'test',
  image: 'registry.example/hawser-sessions-runner:1.0.0',
  controllerUrl: 'http://controller.sessions.svc:8081',
  serviceAccountName: 'runner',
};

/** The Role that the chart gives the controller. */
export const controllerRole: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'runner', namespace } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'controller', namespace },
    rules: [
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get', 'list', 'watch', 'delete', 'patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'delete'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'delete'] },
      { apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'controller', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'controller' },
    subjects: [{ kind: 'ServiceAccount', name: 'controller', namespace: 'sessions' }],
  },
];

/** A cluster that runs pods, and a controller's view of it with its own rights only. */
export interface KubeWorld extends AsyncDisposable {
  readonly kube: KubeEmulator;
  readonly cluster: Cluster;
  readonly runners: RunnerCluster;
  readonly facts: Facts;
  /** A client as a service account of the namespace `sessions`. */
  as(account: string): Promise<Cluster>;
}

/** Everything that a watch told, and the way to wait for more. */
export interface Facts {
  readonly all: readonly PodFact[];
  /** Settles with the first fact that matches, of those so far or to come. */
  until(matches: (fact: PodFact) => boolean): Promise<PodFact>;
}

/** `program` is what a runner does: a Node program. */
export async function createKubeWorld(
  program: string | KubeImage,
  options: {
    readonly objects?: readonly KubeObject[];
    readonly template?: Partial<RunnerTemplate>;
    readonly silenceMs?: number;
    readonly resyncMs?: number;
    readonly kube?: KubeEmulatorOptions;
  } = {},
): Promise<KubeWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-kube-'));
  const image = typeof program === 'string' ? { command: [process.execPath, '-e', program] } : program;
  const kube = await startKubeEmulator({
    rbac: true,
    strict: true,
    objects: [...controllerRole, ...(options.objects ?? [])],
    run: { images: { 'registry.example/hawser-sessions-runner': image } },
    ...options.kube,
  });
  const clusters: Cluster[] = [];
  const as: KubeWorld['as'] = async (name) => {
    const kubeconfig = join(folder, name);
    await writeFile(kubeconfig, kube.kubeconfig({ serviceAccount: { namespace: 'sessions', name } }));
    const opened = await openCluster({ kubeconfig, env: {} });
    clusters.push(opened);
    return opened;
  };
  const cluster = await as('controller');
  const { silenceMs, resyncMs } = options;
  const runners = openKubeCluster({
    cluster,
    template: { ...template, ...options.template },
    ...(silenceMs !== undefined && { silenceMs }),
    ...(resyncMs !== undefined && { resyncMs }),
  });
  const ending = new AbortController();
  const { facts, ended } = collectFacts(runners.watch({ signal: ending.signal }));
  return {
    kube,
    cluster,
    runners,
    facts,
    as,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await ended;
      for (const one of clusters) await one.close();
      await kube.close();
      await rm(folder, { recursive: true });
    },
  };
}

export function collectFacts(watch: AsyncIterable<PodFact>): { readonly facts: Facts; readonly ended: Promise<void> } {
  const all: PodFact[] = [];
  const waiting = new Set<() => void>();
  const ended = (async () => {
    for await (const fact of watch) {
      all.push(fact);
      for (const check of waiting) check();
    }
  })();
  const until: Facts['until'] = async (matches) =>
    await new Promise((resolve, reject) => {
      const check = (): void => {
        const found = all.find(matches);
        if (!found) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      ended.catch(reject);
      check();
    });
  return { facts: { all, until }, ended };
}

export function newJob(given: Partial<RunnerJob> = {}): RunnerJob {
  return {
    session: randomUUID(),
    attempt: 1,
    secret: randomBytes(32).toString('base64url'),
    egress: 'public',
    deadlineMs: 3_600_000,
    exitOnJob: true,
    ttlSeconds: 300,
    ...given,
  };
}
