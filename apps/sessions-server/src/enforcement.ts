import { metadataTargets, probeEnforcement } from '@hawser/k8s-sessions/kube';
import type { ProbeTarget, RunnerTemplate } from '@hawser/k8s-sessions/kube';
import type { Cluster } from '@hawser/kube-client';

/** Networks change seldom, and a probe is two pods. */
const goodForMs = 30 * 60_000;

/** What of the cluster no runner may reach. */
export interface Forbidden {
  readonly databaseUrl: string;
  readonly gatewayUrl?: string | undefined;
  /** `KUBERNETES_SERVICE_HOST`, as every pod is told. */
  readonly apiServer?: string | undefined;
}

/** Whether the network shuts runners in, as sentences about what is open; asked of the cluster once in a while. */
export function watchEnforcement(
  cluster: Cluster,
  template: RunnerTemplate,
  forbidden: Forbidden,
): () => Promise<readonly string[]> {
  const targets = targetsOf(forbidden);
  let last: { readonly atMs: number; readonly reached: readonly string[] } | undefined;
  return async () => {
    if (!last || last.reached.length > 0 || Date.now() - last.atMs > goodForMs) {
      const { reached } = await probeEnforcement({ cluster, template, targets });
      last = { atMs: Date.now(), reached };
    }
    return last.reached.map(
      (name) => `a runner could reach ${name}: this cluster's network enforces no NetworkPolicies`,
    );
  };
}

function targetsOf({ databaseUrl, gatewayUrl, apiServer }: Forbidden): readonly ProbeTarget[] {
  const database = new URL(databaseUrl);
  const gateway = gatewayUrl === undefined ? undefined : new URL(gatewayUrl);
  return [
    ...metadataTargets,
    { name: 'the database', host: database.hostname, port: Number(database.port || 5432) },
    ...(gateway ? [{ name: 'the gateway', host: gateway.hostname, port: Number(gateway.port || 80) }] : []),
    ...(apiServer === undefined ? [] : [{ name: 'the API server', host: apiServer, port: 443 }]),
  ];
}
