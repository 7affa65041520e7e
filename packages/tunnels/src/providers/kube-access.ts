import type { Cluster } from '@hawser/kube-client';

/** Whether the server lets us forward ports; it is asked, and knows without trying. A websocket is opened by GET. */
export async function mayForward(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<boolean> {
  const review = await cluster.post<{ readonly status?: { readonly allowed?: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace, verb: 'get', resource: 'pods', subresource: 'portforward' } },
    },
    { signal },
  );
  return review.status?.allowed !== false;
}

/** What is missing where it does not. Servers since 1.35 ask for `create` besides. */
export function missingPermission(
  cluster: Cluster,
  namespace: string,
): { readonly message: string; readonly hint: string } {
  return {
    message: `${cluster.context} does not let you forward ports of pods in ${namespace}.`,
    hint: 'Ask for get and create on pods/portforward, and for get and list on pods and services.',
  };
}
