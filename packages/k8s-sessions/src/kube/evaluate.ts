import { BlockList, isIPv6 } from 'node:net';
import type { KubeManifest } from './job.js';

/** One end of a connection: a pod, or an address that is none. */
export interface NetworkEnd {
  readonly address: string;
  readonly pod?: {
    readonly namespace: string;
    readonly namespaceLabels: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
  };
}

/** A connection that somebody would make. */
export interface Connection {
  readonly from: NetworkEnd;
  readonly to: NetworkEnd;
  readonly port: number;
  /** Default `TCP`. */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/** What policies say of a connection. */
export interface Ruling {
  readonly allowed: boolean;
  /** In whose policies it ends: the sender's, the receiver's. Undefined when it is allowed. */
  readonly stoppedAt?: 'egress' | 'ingress';
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Rule {
  readonly ports?: readonly {
    readonly protocol?: string;
    readonly port?: number | string;
    readonly endPort?: number;
  }[];
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}

interface Spec {
  readonly podSelector: Selector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/**
 * Whether policies let a connection through, by what Kubernetes says they mean (documentation, "Network Policies"): a
 * pod that no policy selects is open; one that is selected takes only what some policy allows; both ends must. Ports by
 * name match nothing here, since only a pod knows what they are.
 */
export function evaluatePolicies(policies: readonly KubeManifest[], connection: Connection): Ruling {
  const { from, to } = connection;
  if (!passes(policies, 'Egress', from, to, connection)) return { allowed: false, stoppedAt: 'egress' };
  if (!passes(policies, 'Ingress', to, from, connection)) return { allowed: false, stoppedAt: 'ingress' };
  return { allowed: true };
}

function passes(
  policies: readonly KubeManifest[],
  type: 'Ingress' | 'Egress',
  own: NetworkEnd,
  other: NetworkEnd,
  connection: Connection,
): boolean {
  const { pod } = own;
  if (!pod) return true;
  const selecting = policies.flatMap(({ metadata, spec }) => {
    const { podSelector, policyTypes, ...rules } = spec as Spec;
    const types = policyTypes ?? (rules.egress ? ['Ingress', 'Egress'] : ['Ingress']);
    const isMeant = metadata.namespace === pod.namespace && types.includes(type) && selects(podSelector, pod.labels);
    return isMeant
      ? [{ namespace: metadata.namespace, rules: (type === 'Egress' ? rules.egress : rules.ingress) ?? [] }]
      : [];
  });
  if (selecting.length === 0) return true;
  return selecting.some(({ namespace, rules }) =>
    rules.some((rule) => {
      const peers = type === 'Egress' ? rule.to : rule.from;
      const isPeer = !peers || peers.length === 0 || peers.some((peer) => isMeantBy(peer, namespace, other));
      return isPeer && hasPort(rule.ports, connection);
    }),
  );
}

function isMeantBy(
  { ipBlock, namespaceSelector, podSelector }: Peer,
  namespace: string,
  { address, pod }: NetworkEnd,
): boolean {
  if (ipBlock) return within(ipBlock.cidr, address) && !(ipBlock.except ?? []).some((cidr) => within(cidr, address));
  if (!pod) return false;
  const isNamespace = namespaceSelector ? selects(namespaceSelector, pod.namespaceLabels) : pod.namespace === namespace;
  return isNamespace && (!podSelector || selects(podSelector, pod.labels));
}

function hasPort(ports: Rule['ports'], { port, protocol = 'TCP' }: Connection): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some((one) => {
    if ((one.protocol ?? 'TCP') !== protocol) return false;
    if (one.port === undefined) return true;
    return typeof one.port === 'number' && port >= one.port && port <= (one.endPort ?? one.port);
  });
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

/** An IPv4 address written as IPv6 is on the wire what it is. */
function within(cidr: string, address: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
  if (isIPv6(network) !== (family === 'ipv6')) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(plain, family);
}
