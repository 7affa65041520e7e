import type { Cluster } from '@hawser/kube-client';
import { LinkError } from '../link/failure.js';

/**
 * Throws when the server does not let us forward ports; it is asked, and knows without trying. A websocket is opened by
 * GET, hence `get`; servers since 1.35 ask for `create` besides.
 */
export async function demandForwarding(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const resourceAttributes = { namespace, verb: 'get', resource: 'pods', subresource: 'portforward' };
  const review = await cluster.post<{ readonly status?: { readonly allowed?: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    { signal },
  );
  if (review.status?.allowed !== false) return;
  throw new LinkError({
    cause: 'access-denied',
    message: `${cluster.context} does not let you forward ports of pods in ${namespace}.`,
    hint: 'Ask for get and create on pods/portforward, and for get and list on pods and services.',
    permanent: true,
  });
}
