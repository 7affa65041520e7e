import { CliKitError } from '@hawser/cli-kit/start';
import { openCluster } from '@hawser/kube-client';
import type { ConfiguredService } from './user-file.js';

/** As much of an Ingress (networking.k8s.io/v1) as is read. */
interface Ingress {
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly rules?: readonly { readonly host?: string }[];
    readonly tls?: readonly unknown[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

/** Objects of the chart carry this. */
const ofTheChart = 'app.kubernetes.io/name=hawser-sessions';

/**
 * Reads where a service in a cluster is, and the key of its chart's Secret, with the rights of whoever asks.
 *
 * @throws CliKitError HAWSER_CLI_USAGE when there is none or several, or it has no address yet
 * @throws KubeClientError
 */
export async function readClusterService(options: {
  readonly context: string;
  readonly namespace?: string | undefined;
  /** Default: the one the chart makes. */
  readonly secret?: string | undefined;
  /** Default: of the Ingress. */
  readonly url?: string | undefined;
  readonly signal: AbortSignal;
}): Promise<ConfiguredService> {
  const { context, signal } = options;
  await using cluster = await openCluster({ context });
  const { namespace = cluster.namespace } = options;
  const ingresses: Ingress[] = [];
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`;
  for await (const one of cluster.list<Ingress>(path, { labelSelector: ofTheChart, signal })) ingresses.push(one);
  const [ingress, second] = ingresses;
  if (!ingress || second) {
    throw usage(
      ingress ? `Several services lie in ${namespace}.` : `No service lies in ${namespace} of ${context}.`,
      'Name the namespace it was installed in with --namespace; or give its address and the key.',
    );
  }
  const name = options.secret ?? `${ingress.metadata.name}-api-key`;
  const secret = await cluster.get<{ readonly data?: Readonly<Record<string, string>> }>(
    `/api/v1/namespaces/${namespace}/secrets/${name}`,
    { signal },
  );
  const encoded = secret.data?.['API_KEY'];
  if (encoded === undefined) {
    throw usage(`The Secret ${name} holds no API_KEY.`, 'Name the Secret that does with --secret.');
  }
  return {
    url: options.url ?? addressOf(ingress, namespace),
    api_key: Buffer.from(encoded, 'base64').toString().trim(),
  };
}

function addressOf({ metadata, spec, status }: Ingress, namespace: string): string {
  const [balancer] = status?.loadBalancer?.ingress ?? [];
  const host = spec?.rules?.[0]?.host ?? balancer?.hostname ?? balancer?.ip;
  if (host !== undefined) return `${(spec?.tls?.length ?? 0) > 0 ? 'https' : 'http'}://${host}`;
  throw usage(
    `The Ingress ${metadata.name} has no address yet.`,
    `A load balancer takes some minutes: kubectl get ingress -n ${namespace} -w`,
  );
}

function usage(message: string, hint: string): CliKitError {
  return new CliKitError('HAWSER_CLI_USAGE', message, { hint });
}
