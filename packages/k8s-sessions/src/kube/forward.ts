import type { Duplex } from 'node:stream';
import { type Cluster, KubeClientError } from '@hawser/kube-client';
import type { V1Pod } from '@kubernetes/client-node';
import { SessionsError } from '../errors.js';
import type { RunnerAddress } from '../runner/dial-types.js';
import { runnerLabels, type RunnerTemplate } from './template.js';

/**
 * Opens connections to runners through the API server, for a gateway that is not in the cluster: a laptop's. Needs the
 * rights to list pods and to create `pods/portforward`. What listens must prove itself on this way as on any other.
 *
 * @throws SessionsError `HAWSER_SESSIONS_RUNNER_UNREACHABLE` when no pod has the address, or nothing listens there.
 */
export function forwardToRunners(
  cluster: Cluster,
  template: Pick<RunnerTemplate, 'namespace' | 'instance'>,
): (address: RunnerAddress, signal?: AbortSignal) => Promise<Duplex> {
  const { namespace } = template;
  const pods = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const labelSelector = Object.entries(runnerLabels(template))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return async ({ host, port }, signal) => {
    try {
      const fieldSelector = `status.podIP=${host},status.phase=Running`;
      for await (const { metadata } of cluster.list<V1Pod>(pods, {
        labelSelector,
        fieldSelector,
        ...(signal && { signal }),
      })) {
        const target = { namespace, target: `pod/${metadata?.name ?? ''}`, port };
        return await cluster.forward(target, signal ? { signal } : {});
      }
    } catch (cause) {
      if (!(cause instanceof KubeClientError)) throw cause;
      throw unreachable(`The runner at ${host} cannot be reached through the API server: ${cause.message}`, cause);
    }
    throw unreachable(`No running pod of the namespace ${namespace} has the address ${host}.`);
  };
}

function unreachable(message: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_RUNNER_UNREACHABLE', message, { cause });
}
