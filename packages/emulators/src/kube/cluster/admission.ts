import type { KubeObject } from '../types.js';
import type { Shelf } from './parts.js';
import { specOf } from './pod-spec.js';

/** Why a pod may not be made, in the words of the admission plugins ServiceAccount and ResourceQuota; undefined: it may. */
export function refusePod(shelf: Shelf, pod: KubeObject): string | undefined {
  const { namespace = '' } = pod.metadata;
  const { serviceAccountName = 'default' } = specOf(pod);
  if (serviceAccountName !== 'default' && !shelf.get('v1', 'ServiceAccount', namespace, serviceAccountName)) {
    return `error looking up service account ${namespace}/${serviceAccountName}: serviceaccount "${serviceAccountName}" not found`;
  }
  return refuseByQuota(shelf, pod, 'pods', 1);
}

/** Counts of objects only: `pods`, and `count/RESOURCE.GROUP` for all. */
export function refuseByQuota(shelf: Shelf, object: KubeObject, resource: string, more: number): string | undefined {
  const { namespace = '' } = object.metadata;
  for (const quota of shelf.store.list(shelf.kind('v1', 'ResourceQuota'), namespace)) {
    const { hard = {} } = (quota['spec'] ?? {}) as { readonly hard?: Readonly<Record<string, string>> };
    for (const key of [resource, `count/${resource}`]) {
      const limit = hard[key];
      if (limit === undefined) continue;
      const used = shelf.store
        .list(shelf.kind(object.apiVersion, object.kind), namespace)
        .filter(({ status }) => !isOver(status as { readonly phase?: string } | undefined)).length;
      if (used + more <= Number(limit)) continue;
      return `exceeded quota: ${quota.metadata.name}, requested: ${key}=${more}, used: ${key}=${used}, limited: ${key}=${limit}`;
    }
  }
  return undefined;
}

/** Pods that have ended do not count. */
function isOver(status: { readonly phase?: string } | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
