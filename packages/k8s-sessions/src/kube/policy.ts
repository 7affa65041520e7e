import type { V1NetworkPolicy, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import type { KubeManifest } from './job.js';
import { runnerLabel, runnerLabels, runnerPort, type RunnerTemplate } from './template.js';

/** Pods by the labels of their namespace and their own. */
export interface PodPeers {
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** What runners may reach, and who may reach them. */
export interface RunnerPolicyOptions {
  /** Begins the names of the policies. */
  readonly name: string;
  readonly template: Pick<RunnerTemplate, 'namespace' | 'instance'>;
  /** The only ones who reach a runner. */
  readonly gateway: PodPeers;
  /** The one thing of the cluster that runners reach. */
  readonly controller: PodPeers & { readonly port: number };
  /** The cluster's resolver. Undefined where the template names resolvers from outside. */
  readonly dns?: PodPeers;
  /** Node-local resolvers, such as 169.254.20.10. */
  readonly dnsAddresses?: readonly string[];
  /** The cluster's own ranges: pods, services, nodes, and the public address of the API server. */
  readonly clusterCidrs?: readonly string[];
  /** Where sessions with the profile `allowlist` go, by name, through a proxy. Without it they reach nothing. */
  readonly egressProxy?: PodPeers & { readonly port: number };
}

/**
 * Addresses that no command on the internet needs, and that lead to machines of one's own: private, shared, link-local
 * (the metadata services of clouds), loopback, benchmark, multicast and reserved ranges (IANA special-purpose registry),
 * and 168.63.129.16, the public address under which Azure's hosts answer.
 */
export const closedCidrs = {
  v4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '168.63.129.16/32',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  /** Unique local, link-local, site-local and multicast, and every form in which an IPv4 address travels inside of IPv6. */
  v6: [
    '::/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '2001::/32',
    '2002::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
} as const;

/**
 * The policies of a service's runners. Each adds to the others: the first closes everything, opens the terminal's port to
 * gateways, and the controller and the resolver to runners; the second opens the internet to sessions with the profile
 * `public`; the third a proxy to those with `allowlist`. `none` has nothing beside the first. They hold only where the
 * cluster's network enforces them, which a probe can tell.
 */
export function buildRunnerPolicies(options: RunnerPolicyOptions): readonly KubeManifest[] {
  const { name, template, gateway, controller, dns, dnsAddresses = [], clusterCidrs = [], egressProxy } = options;
  const labels = { ...runnerLabels(template) };
  const all = { matchLabels: labels };
  const profile = (egress: string): object => ({ matchLabels: { ...labels, [runnerLabel.egress]: egress } });
  const resolvers: V1NetworkPolicyPeer[] = [
    ...(dns ? [podPeer(dns)] : []),
    ...dnsAddresses.map((address) => ({ ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } })),
  ];
  const isV6 = (cidr: string): boolean => cidr.includes(':');
  const policy = (suffix: string, spec: NonNullable<V1NetworkPolicy['spec']>): KubeManifest =>
    ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-${suffix}`, namespace: template.namespace, labels },
      spec,
    }) satisfies V1NetworkPolicy & KubeManifest;
  return [
    policy('runners', {
      podSelector: all,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ _from: [podPeer(gateway)], ports: [{ protocol: 'TCP', port: runnerPort }] }],
      egress: [
        { to: [podPeer(controller)], ports: [{ protocol: 'TCP', port: controller.port }] },
        ...(resolvers.length > 0
          ? [
              {
                to: resolvers,
                ports: [
                  { protocol: 'UDP', port: 53 },
                  { protocol: 'TCP', port: 53 },
                ],
              },
            ]
          : []),
      ],
    }),
    policy('runners-public', {
      podSelector: profile('public'),
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              ipBlock: {
                cidr: '0.0.0.0/0',
                except: [...closedCidrs.v4, ...clusterCidrs.filter((cidr) => !isV6(cidr))],
              },
            },
            { ipBlock: { cidr: '::/0', except: [...closedCidrs.v6, ...clusterCidrs.filter(isV6)] } },
          ],
        },
      ],
    }),
    ...(egressProxy
      ? [
          policy('runners-allowlist', {
            podSelector: profile('allowlist'),
            policyTypes: ['Egress'],
            egress: [{ to: [podPeer(egressProxy)], ports: [{ protocol: 'TCP', port: egressProxy.port }] }],
          }),
        ]
      : []),
  ].map(asSent);
}

function podPeer({ namespaceLabels, podLabels }: PodPeers): V1NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { ...namespaceLabels } },
    podSelector: { matchLabels: { ...podLabels } },
  };
}

/** The official client calls a field that is a word of Python by another name: on the wire it is `from`. */
function asSent(manifest: KubeManifest): KubeManifest {
  return JSON.parse(JSON.stringify(manifest).replaceAll('"_from":', '"from":')) as KubeManifest;
}
