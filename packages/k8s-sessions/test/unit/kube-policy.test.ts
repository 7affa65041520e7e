import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildRunnerPolicies,
  closedCidrs,
  evaluatePolicies,
  type KubeManifest,
  type NetworkEnd,
  runnerLabel,
  runnerLabels,
  type RunnerPolicyOptions,
} from '../../src/kube/index.js';
import { namespace, template } from '../support/kube-world.js';

const named = (name: string): Readonly<Record<string, string>> => ({ 'kubernetes.io/metadata.name': name });
const options: RunnerPolicyOptions = {
  name: 'sessions',
  template,
  gateway: { namespaceLabels: named('sessions'), podLabels: { component: 'gateway' } },
  controller: { namespaceLabels: named('sessions'), podLabels: { component: 'controller' }, port: 8081 },
  dns: { namespaceLabels: named('kube-system'), podLabels: { 'k8s-app': 'kube-dns' } },
  dnsAddresses: ['169.254.20.10'],
  clusterCidrs: ['34.118.224.0/20', '35.200.1.2/32', '2600:1900::/28'],
  egressProxy: { namespaceLabels: named('proxies'), podLabels: { app: 'egress' }, port: 3128 },
};
const policies = buildRunnerPolicies(options);

const pod = (within: string, labels: Readonly<Record<string, string>>, address = '10.1.2.3'): NetworkEnd => ({
  address,
  pod: { namespace: within, namespaceLabels: named(within), labels },
});
const runner = (egress: string, address?: string): NetworkEnd =>
  pod(namespace, { ...runnerLabels(template), [runnerLabel.egress]: egress }, address);
const outside = (address: string): NetworkEnd => ({ address });
const gateway = pod('sessions', { component: 'gateway' });

describe('who reaches a runner', () => {
  test.each([
    ['a gateway, on its port', gateway, 7681, true],
    ['a gateway, on another port', gateway, 22, false],
    ['a gateway of another namespace', pod('elsewhere', { component: 'gateway' }), 7681, false],
    ['the controller', pod('sessions', { component: 'controller' }), 7681, false],
    ['another runner', runner('public'), 7681, false],
    ['a pod beside it', pod(namespace, { component: 'gateway' }), 7681, false],
    ['a load balancer', outside('35.191.0.1'), 7681, false],
    ['a node', outside('10.128.0.5'), 7681, false],
  ] as const)('%s', (_, from, port, allowed) => {
    expect(evaluatePolicies(policies, { from, to: runner('public'), port }).allowed).toBe(allowed);
  });
});

describe('what a runner reaches', () => {
  const controller = pod('sessions', { component: 'controller' });
  const dns = pod('kube-system', { 'k8s-app': 'kube-dns' });
  const proxy = pod('proxies', { app: 'egress' });
  const rows: readonly (readonly [string, NetworkEnd, number, readonly ('none' | 'public' | 'allowlist')[]])[] = [
    ['the controller, on its internal port', controller, 8081, ['none', 'public', 'allowlist']],
    ['the controller, on its public port', controller, 8080, []],
    ['the resolver', dns, 53, ['none', 'public', 'allowlist']],
    ['the resolver, elsewhere', dns, 9153, []],
    ['a node-local resolver', outside('169.254.20.10'), 53, ['none', 'public', 'allowlist']],
    ['a node-local resolver, elsewhere', outside('169.254.20.10'), 80, []],
    ['the internet', outside('140.82.121.4'), 443, ['public']],
    ['the internet by IPv6', outside('2606:50c0:8000::153'), 443, ['public']],
    ['the proxy', proxy, 3128, ['allowlist']],
    ['the proxy, elsewhere', proxy, 22, []],
    ['metadata of a cloud', outside('169.254.169.254'), 80, []],
    ['metadata by IPv6', outside('fd00:ec2::254'), 80, []],
    ['metadata inside of IPv6', outside('::ffff:169.254.169.254'), 80, []],
    ['metadata through NAT64', outside('64:ff9b::a9fe:a9fe'), 80, []],
    ["Azure's host", outside('168.63.129.16'), 80, []],
    ["the API server's public address", outside('35.200.1.2'), 443, []],
    ['a public range of the cluster', outside('34.118.225.1'), 443, []],
    ['a public range of the cluster by IPv6', outside('2600:1901::1'), 443, []],
    ['the database', pod('sessions', { app: 'postgres' }, '10.9.8.7'), 5432, []],
    ['another runner', runner('public', '10.7.7.7'), 7681, []],
    ['loopback', outside('127.0.0.1'), 80, []],
    ['a printer', outside('192.168.1.9'), 631, []],
  ];
  test.each(rows)('%s', (_, to, port, profiles) => {
    const found = (['none', 'public', 'allowlist'] as const).filter(
      (egress) => evaluatePolicies(policies, { from: runner(egress), to, port }).allowed,
    );
    expect(found).toEqual(profiles);
  });

  test('the resolver by UDP too, and nothing else by it', () => {
    expect(evaluatePolicies(policies, { from: runner('none'), to: dns, port: 53, protocol: 'UDP' }).allowed).toBe(true);
    const ruling = evaluatePolicies(policies, { from: runner('none'), to: controller, port: 8081, protocol: 'UDP' });
    expect(ruling).toEqual({ allowed: false, stoppedAt: 'egress' });
  });

  test('no private address at all, whatever it is and however it is written', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const closed = fc.oneof(
      fc.tuple(fc.constant(10), octet, octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
      fc.tuple(fc.constant(127), octet, octet, octet),
      fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
    );
    fc.assert(
      fc.property(closed, fc.constantFrom('', '::ffff:'), (parts, prefix) => {
        const to = outside(`${prefix}${parts.join('.')}`);
        return !evaluatePolicies(policies, { from: runner('public'), to, port: 443 }).allowed;
      }),
    );
  });
});

describe('what policies mean', () => {
  const policy = (spec: object): KubeManifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'a' },
    spec,
  });
  const [web, other] = [pod('a', { app: 'web', tier: 'front' }), pod('b', { app: 'other' })];
  const rules = (spec: object, port = 80): boolean =>
    evaluatePolicies([policy(spec)], { from: other, to: web, port }).allowed;

  test.each([
    ['a pod that none selects is open', { podSelector: { matchLabels: { app: 'db' } } }, true],
    ['an empty selector selects all', { podSelector: {} }, false],
    ['egress alone does not close ingress', { podSelector: {}, policyTypes: ['Egress'] }, true],
    ['an empty rule opens everything', { podSelector: {}, ingress: [{}] }, true],
    [
      'a pod selector alone means the own namespace',
      { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
      false,
    ],
    [
      'a namespace selector alone means all its pods',
      { podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] },
      true,
    ],
    [
      'two selectors of one peer must both match',
      {
        podSelector: {},
        ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } }] }],
      },
      false,
    ],
    ['ranges of ports', { podSelector: {}, ingress: [{ ports: [{ port: 79, endPort: 81 }] }] }, true],
    ['ports by name match nothing', { podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] }, false],
    [
      'expressions',
      {
        podSelector: {
          matchExpressions: [
            { key: 'app', operator: 'In', values: ['web'] },
            { key: 'tier', operator: 'Exists' },
            { key: 'x', operator: 'DoesNotExist' },
            { key: 'app', operator: 'NotIn', values: ['db'] },
          ],
        },
      },
      false,
    ],
    [
      'addresses of pods count for ranges',
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
      true,
    ],
    [
      'but for exceptions',
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }] },
      false,
    ],
  ])('%s', (_, spec, allowed) => expect(rules(spec)).toBe(allowed));
});

test('without a proxy and resolvers there are two policies, and the fewer openings', () => {
  const { egressProxy: _proxy, dns: _dns, dnsAddresses: _addresses, ...rest } = options;
  const fewer = buildRunnerPolicies(rest);
  expect(fewer.map(({ metadata }) => metadata.name)).toEqual(['sessions-runners', 'sessions-runners-public']);
  const resolver = { from: runner('none'), to: outside('169.254.20.10'), port: 53 };
  expect(evaluatePolicies(fewer, resolver).allowed).toBe(false);
  // Every exception lies in the block it is taken from, or the API server refuses the policy.
  expect(
    closedCidrs.v4.every((cidr) => !cidr.includes(':')) && closedCidrs.v6.every((cidr) => cidr.includes(':')),
  ).toBe(true);
});
