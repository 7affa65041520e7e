import { readAccess } from './config/kubeconfig.js';
import { createCredentials } from './credentials/credentials.js';
import { createForward } from './forward/open.js';
import { findPlaces, type Reader } from './forward/target.js';
import { checkServer, readTrust } from './http/agent.js';
import { createRequests, type Request } from './http/requests.js';
import { parseJson } from './json.js';
import { listAll } from './list.js';
import type { Cluster, ClusterOptions, PatchKind } from './types.js';
import { watchAll } from './watch.js';

/** Content types of patches (Kubernetes API concepts, "Patch and apply"). */
const patchTypes: Readonly<Record<PatchKind, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/**
 * Reads the kubeconfig; nothing is asked of the cluster, and no plugin run, until a method is called.
 *
 * @throws KubeClientError `HAWSER_KUBE_CONFIG_INVALID`
 */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const env = options.env ?? process.env;
  const access = await readAccess(options);
  const server = checkServer(access.cluster.server);
  const trust = await readTrust(access, env);
  const requests = createRequests(server, trust, createCredentials(access, env));
  const send = async <T>(request: Request): Promise<T> => parseJson(await requests.text(request), request.path) as T;
  const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => await send({ method: 'GET', path, signal });
  const reader = (signal?: AbortSignal): Reader => ({
    get: async (path) => await get(path, signal),
    list: async <T>(path: string, labelSelector: string) => {
      const items: T[] = [];
      for await (const item of listAll<T>(requests, path, { labelSelector, ...(signal && { signal }) }))
        items.push(item);
      return items;
    },
  });
  const forward = createForward(requests, reader, access.namespace);
  const close = async (): Promise<void> => requests.close();
  return {
    context: access.context,
    server: server.href.replace(/\/$/, ''),
    usesProxy: trust.proxy !== undefined,
    namespace: access.namespace,
    get: async (path, { signal } = {}) => await get(path, signal),
    post: async (path, body, { signal } = {}) => await send({ method: 'POST', path, body, signal }),
    put: async (path, body, { signal } = {}) => await send({ method: 'PUT', path, body, signal }),
    patch: async (path, body, { kind = 'merge', signal } = {}) =>
      await send({ method: 'PATCH', path, body, contentType: patchTypes[kind], signal }),
    delete: async (path, { signal, ...given } = {}) => {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...given };
      return await send({ method: 'DELETE', path, body, signal });
    },
    text: async (path, { signal } = {}) => await requests.text({ method: 'GET', path, accept: '*/*', signal }),
    list: (path, given = {}) => listAll(requests, path, given),
    watch: (path, given) => watchAll(requests, path, given),
    locate: async (target, { signal } = {}) =>
      await findPlaces(reader(signal), target.namespace ?? access.namespace, target),
    forward: async (target, { signal } = {}) => await forward(target, signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}
