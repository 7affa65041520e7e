import { lookup } from 'node:dns/promises';
import { BlockList, connect, isIP, type Socket } from 'node:net';
import type { PluginContext } from './plugin.js';
import { refusesLoopback } from './versions.js';

/** Where a port session leads. */
export type Destination =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Instance metadata, VPC DNS, time, licence activation, and the credential endpoints of ECS and EKS. */
const forbiddenAddresses: readonly string[] = [
  '169.254.169.254',
  '169.254.169.253',
  '169.254.169.123',
  '169.254.169.249',
  '169.254.169.250',
  '169.254.169.251',
  'fd00:ec2::254',
  'fd00:ec2::253',
  'fd00:ec2::250',
  'fd00:ec2::240',
  'fd00:ec2::123',
];
const forbiddenSince4851: readonly string[] = ['169.254.170.2', '169.254.170.23', 'fd00:ec2::23'];

/**
 * Finds out where a port session leads.
 *
 * @throws Error with the agent's words for a missing port or a destination it refuses
 * @see amazon-ssm-agent agent/session/plugins/port
 */
export async function resolveDestination({ request, behaviour }: PluginContext): Promise<Destination> {
  const { host = '', portNumber = '', socket } = request.properties;
  if (socket !== undefined) return { kind: 'unix', path: socket };
  if (portNumber === '') throw new Error('Port number is empty in session properties.');
  const port = Number(portNumber);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`Unable to connect to specified port: dial tcp: address ${portNumber}: invalid port`);
  }
  if (host === '') return { kind: 'tcp', host: 'localhost', port };
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  const forbidden = createBlockList(behaviour.version);
  const isForbidden = (address: string): boolean =>
    behaviour.forbiddenHosts.includes(address) || forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  if (behaviour.forbiddenHosts.includes(host) || addresses.some(({ address }) => isForbidden(address))) {
    throw new Error(`Forwarding to IP address ${host} is forbidden.`);
  }
  return { kind: 'tcp', host, port };
}

function createBlockList(version: string): BlockList {
  const list = new BlockList();
  const strict = refusesLoopback(version);
  for (const address of [...forbiddenAddresses, ...(strict ? forbiddenSince4851 : [])]) {
    list.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  if (strict) {
    list.addSubnet('127.0.0.0', 8, 'ipv4');
    list.addAddress('0.0.0.0', 'ipv4');
    list.addAddress('::1', 'ipv6');
    list.addAddress('::', 'ipv6');
  }
  return list;
}

/** Begins to connect. */
export function dial(destination: Destination): Socket {
  return destination.kind === 'unix'
    ? connect({ path: destination.path })
    : connect({ host: destination.host, port: destination.port, noDelay: true });
}

/** Resolves when the socket is closed. */
export async function destroySocket(socket: Socket): Promise<void> {
  if (socket.closed) return;
  socket.destroy();
  await new Promise((resolve) => socket.once('close', resolve));
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ENOENT: 'connect: no such file or directory',
  ENOTFOUND: 'no such host',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** A failure to connect in the agent's words. */
export function describeDialFailure(destination: Destination, error: NodeJS.ErrnoException): string {
  const where =
    destination.kind === 'unix' ? `unix ${destination.path}` : `tcp ${destination.host}:${destination.port}`;
  return `Unable to connect to specified port: dial ${where}: ${reasons[error.code ?? ''] ?? error.message}`;
}
