import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startKubeEmulator,
  type KubeEmulator,
  type KubeEmulatorOptions,
  type KubeObject,
} from '@hawser/emulators/kube';
import { type Cluster, type ClusterOptions, openCluster } from '@hawser/kube-client';

/** An emulated cluster, a folder, and clients of it; all gone when disposed. */
export interface World extends AsyncDisposable {
  readonly kube: KubeEmulator;
  readonly folder: string;
  /** Writes a file and tells its path. */
  file(name: string, text: string, mode?: number): Promise<string>;
  /** A client by the kubeconfig text; default: that of the emulator, by its token. */
  open(kubeconfig?: string, options?: ClusterOptions): Promise<Cluster>;
}

export async function createWorld(options: KubeEmulatorOptions = {}): Promise<World> {
  const kube = await startKubeEmulator(options);
  const folder = await mkdtemp(join(tmpdir(), 'hawser-kube-'));
  const clusters: Cluster[] = [];
  const file: World['file'] = async (name, text, mode = 0o600) => {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };
  return {
    kube,
    folder,
    file,
    open: async (kubeconfig = kube.kubeconfig(), given = {}) => {
      const path = await file(`config-${clusters.length}`, kubeconfig);
      const cluster = await openCluster({ kubeconfig: path, env: {}, ...given });
      clusters.push(cluster);
      return cluster;
    },
    [Symbol.asyncDispose]: async () => {
      for (const cluster of clusters) await cluster.close();
      await kube.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A pod that is ready, unless told otherwise. */
export function pod(
  name: string,
  options: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly ready?: boolean;
    readonly phase?: string;
  } = {},
): KubeObject {
  const { labels = { app: 'web' }, ready = true, phase = 'Running' } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

export function configMap(
  name: string,
  labels: Readonly<Record<string, string>> = {},
  namespace = 'default',
): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data: {} };
}

/** What `failing` threw. */
export async function thrownBy(failing: Promise<unknown>): Promise<unknown> {
  return await failing.then(
    (value) => {
      throw new Error(`Nothing was thrown, but ${JSON.stringify(value)} returned.`);
    },
    (error: unknown) => error,
  );
}
