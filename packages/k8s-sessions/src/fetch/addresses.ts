import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * Ranges nobody on the public internet answers from (IANA special-purpose registries), and 168.63.129.16, a public address
 * that is the host's own service on Azure. What embeds an IPv4 address (NAT64, 6to4, Teredo, mapped) is closed as a whole.
 */
const closed: BlockList = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
] as const) {
  closed.addSubnet(net, bits, 'ipv4');
}

/** Global unicast, the only range of IPv6 addresses that are public at all. */
const global: BlockList = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

const closed6: BlockList = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  closed6.addSubnet(net, bits, 'ipv6');
}

/** Whether an address, in its usual written form, is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closed.check(address, 'ipv4');
  if (isIP(address) !== 6) return false;
  return global.check(address, 'ipv6') && !closed6.check(address, 'ipv6');
}
