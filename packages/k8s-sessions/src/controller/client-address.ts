import { BlockList, isIP } from 'node:net';
import { SessionsError } from '../errors.js';

/** Who a request comes from, and how it reached the first proxy. */
export interface Client {
  /** For limits: an IPv4 address, or the /64 network of an IPv6 one. */
  readonly bucket: string;
  /**
   * `https://host` as whoever asks knows the service: by its own Host header, or by what a trusted proxy says of it. It only
   * goes into links in the answer to that same request. Null where there is none.
   */
  readonly origin: string | null;
}

/**
 * Finds out who asks: the peer itself, unless it is a trusted proxy; then the right-most address of `X-Forwarded-For` that is
 * none. What stands further left was written by whoever asks, and proves nothing.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT for a proxy that is neither an address nor a network
 */
export function createClientReader(
  trustedProxies: readonly string[],
): (request: Request, remoteAddress: string) => Client {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) trust(trusted, proxy);
  const isTrusted = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
  return (request, remoteAddress) => {
    const peer = plain(remoteAddress);
    if (!isTrusted(peer)) return { bucket: bucketOf(peer), origin: originOf(request, false) };
    const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => plain(hop.trim()));
    const address = hops.findLast((hop) => hop !== '' && !isTrusted(hop)) ?? peer;
    return { bucket: bucketOf(isIP(address) === 0 ? peer : address), origin: originOf(request, true) };
  };
}

function trust(list: BlockList, proxy: string): void {
  const [address = '', bits, rest] = proxy.split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (family === 0 || rest !== undefined || !/^\d{1,3}$/.test(bits ?? '0') || prefix > most) {
    throw new SessionsError(
      'HAWSER_SESSIONS_BAD_INPUT',
      `${JSON.stringify(proxy)} is neither an address nor a network.`,
      {
        hint: 'Write trusted proxies as 10.0.0.0/8 or fd00::/8.',
      },
    );
  }
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
}

/** Without brackets, port, zone and the prefix of IPv4 in IPv6. */
function plain(text: string): string {
  const bare = text.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
}

function bucketOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: right === undefined ? 0 : 8 - head.length - tail.length }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}

function originOf(request: Request, isProxied: boolean): string | null {
  const forwarded = isProxied ? request.headers.get('x-forwarded-host') : null;
  const host = forwarded ?? request.headers.get('host');
  const scheme = request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim() ?? 'http';
  if (host === null || !/^[\w.:[\]-]+$/.test(host) || (scheme !== 'http' && scheme !== 'https')) return null;
  return `${scheme}://${host}`;
}
