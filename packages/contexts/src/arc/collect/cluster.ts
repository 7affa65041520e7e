import type { Cluster, ListOptions } from '@hawser/kube-client';
import { findSet } from '../checks/look.js';
import {
  controller,
  ephemeralRunner,
  groupNames,
  labels,
  listener,
  named,
  pod,
  scaleSet,
  secretOfApi,
  type SecretKeys,
} from '../evidence/cluster.js';
import type { ClusterSeen, Seen } from '../evidence/observation.js';
import { BadShape, type Reader } from '../evidence/shape.js';
import type { Subject } from '../types.js';
import { clusterGarbage, see } from './unseen.js';

const group = 'actions.github.com';
const olderGroup = 'actions.summerwind.dev';

/** Where to look. */
export interface ClusterPlace {
  readonly cluster: Cluster;
  readonly subject: Subject;
  /** Where the controller and its listeners are; default: everywhere. */
  readonly controllerNamespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at everything in the cluster that the checks want to know. Rejects only when the signal aborts. */
export async function seeCluster(place: ClusterPlace): Promise<ClusterSeen> {
  const { cluster, subject, signal } = place;
  const groups = await see(() => get(cluster, '/apis', groupNames, signal), signal);
  const isHere = (name: string): boolean => !('seen' in groups) || groups.seen.includes(name);
  /** Without the API group there are none, which is no failure to see them. */
  const listOf = async <T>(reader: Reader<T>, path: string, options: ListOptions = {}): Promise<Seen<readonly T[]>> =>
    path.startsWith(`/apis/${group}/`) && !isHere(group)
      ? { seen: [] }
      : see(() => list(cluster, path, reader, { ...options, ...(signal ? { signal } : {}) }), signal);

  const own = `namespaces/${subject.namespace}`;
  const beside = place.controllerNamespace === undefined ? '' : `namespaces/${place.controllerNamespace}/`;
  const sets = await listOf(scaleSet, `/apis/${group}/v1alpha1/${own}/autoscalingrunnersets`);
  const set = findSet(sets, subject);
  const ofSet = { labelSelector: `${labels.scaleSet}=${set?.metadata.name ?? subject.scaleSet}` };
  const secretName = set?.spec.vaultConfig ? undefined : set?.spec.githubConfigSecret;
  const [controllers, listeners, listenerPods, runners, pods, secret, legacy] = await Promise.all([
    listOf(controller, `/apis/apps/v1/${beside}deployments`, {
      labelSelector: `${labels.partOf}=gha-rs-controller`,
    }),
    listOf(listener, `/apis/${group}/v1alpha1/${beside}autoscalinglisteners`),
    listOf(pod, `/api/v1/${beside}pods`, {
      labelSelector: `${ofSet.labelSelector},${labels.component}=runner-scale-set-listener`,
    }),
    listOf(ephemeralRunner, `/apis/${group}/v1alpha1/${own}/ephemeralrunners`, ofSet),
    listOf(pod, `/api/v1/${own}/pods`, ofSet),
    secretName === undefined ? undefined : see(() => secretAt(place, secretName), signal),
    isHere(olderGroup) && 'seen' in groups
      ? listOf(named, `/apis/${olderGroup}/v1alpha1/${own}/runnerdeployments`)
      : undefined,
  ]);
  return {
    groups,
    sets,
    controllers,
    listeners,
    listenerPods,
    runners,
    pods,
    ...(secret ? { secret } : {}),
    ...(legacy ? { legacy } : {}),
  };
}

/** The names of its keys; null when it does not exist. */
async function secretAt({ cluster, subject, signal }: ClusterPlace, name: string): Promise<SecretKeys | null> {
  try {
    return await get(
      cluster,
      `/api/v1/namespaces/${subject.namespace}/secrets/${encodeURIComponent(name)}`,
      secretOfApi,
      signal,
    );
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'HAWSER_KUBE_NOT_FOUND') return null;
    throw error;
  }
}

async function get<T>(cluster: Cluster, path: string, reader: Reader<T>, signal: AbortSignal | undefined): Promise<T> {
  return read(reader, await cluster.get<unknown>(path, signal ? { signal } : {}), path);
}

async function list<T>(cluster: Cluster, path: string, reader: Reader<T>, options: ListOptions): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of cluster.list<unknown>(path, options)) items.push(read(reader, item, path));
  return items;
}

function read<T>(reader: Reader<T>, value: unknown, path: string): T {
  try {
    return reader(value, '');
  } catch (cause) {
    if (cause instanceof BadShape) throw clusterGarbage(path, cause);
    throw cause;
  }
}
