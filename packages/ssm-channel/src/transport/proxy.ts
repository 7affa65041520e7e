import type { Agent, ClientRequest } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { SsmChannelError } from '../errors.js';

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that requests to this URL go through; `undefined` when they go directly.
 *
 * `https:` and `wss:` look at `HTTPS_PROXY`, `http:` and `ws:` at `HTTP_PROXY`, each in both cases. `NO_PROXY` is a
 * list of host names (which cover their subdomains), `.suffixes`, addresses, CIDR blocks, each with an optional port,
 * or `*`. This machine itself is never reached through a proxy. The rules are those of Go's `httpproxy`, which the
 * official plugin follows.
 *
 * @throws SsmChannelError `HAWSER_SSM_BAD_INPUT` when the variable holds no usable proxy address.
 */
export function proxyFor(url: string | URL, env: Environment): URL | undefined {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'https:' || protocol === 'wss:';
  const name = secure ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] || env[name.toLowerCase()];
  if (!value) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isThisMachine(host)) return undefined;
  const exceptions = (env['NO_PROXY'] || env['no_proxy'] || '').split(',');
  const destination = { host, port: port || (secure ? '443' : '80') };
  if (exceptions.some((exception) => covers(exception.trim().toLowerCase(), destination))) return undefined;
  return parseProxy(name, value);
}

/** Makes agents that tunnel through a proxy with CONNECT, one for each proxy, so that connections are kept. */
export function createProxyAgents(
  env: Environment,
  ca: () => Promise<readonly string[] | undefined>,
): (url: string | URL) => Promise<Agent | undefined> {
  const agents = new Map<string, Promise<Agent>>();
  return async (url) => {
    const proxy = proxyFor(url, env);
    if (proxy === undefined) return undefined;
    const known = agents.get(proxy.href) ?? makeAgent(proxy, ca);
    agents.set(proxy.href, known);
    return await known;
  };
}

async function makeAgent(proxy: URL, ca: () => Promise<readonly string[] | undefined>): Promise<Agent> {
  const [loaded, trusted] = await Promise.all([import('https-proxy-agent'), ca()]);
  // By its default: a bundler gives a CommonJS module no other name.
  const { HttpsProxyAgent } = loaded.default;
  const trust = trusted === undefined ? {} : { ca: [...rootCertificates, ...trusted] };
  const agent = new HttpsProxyAgent(proxy, { keepAlive: true, ...trust });
  // What the constructor takes is for the connection to the proxy; this is for the one through it.
  Object.assign(agent.options, trust);
  // Left alone, the agent passes the proxy's refusal off as the answer of the server.
  agent.on('proxyConnect', (answer: { readonly statusCode: number }, request: ClientRequest) => {
    if (answer.statusCode !== 200) request.destroy(refusedBy(proxy, answer.statusCode, request.host));
  });
  return agent;
}

function refusedBy(proxy: URL, status: number, host: string): SsmChannelError {
  return new SsmChannelError(
    'HAWSER_SSM_ENDPOINT_UNREACHABLE',
    `The proxy ${proxy.host} refused to connect to ${host}: HTTP ${status}`,
    {
      hint:
        status === 407
          ? 'Put the user and password of the proxy into its URL: http://user:password@host:port.'
          : 'Ask who runs the proxy to allow this host, or name it in NO_PROXY if it can be reached directly.',
      details: { proxy: proxy.host, status },
    },
  );
}

function parseProxy(name: string, value: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (proxy !== undefined && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy;
  throw new SsmChannelError('HAWSER_SSM_BAD_INPUT', `${name} is not the address of an HTTP proxy`, {
    hint: `Set ${name} to something like http://proxy.example.com:3128; SOCKS proxies are not supported.`,
  });
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  return host === 'localhost' || isIn(loopback, host);
}

function covers(exception: string, destination: { readonly host: string; readonly port: string }): boolean {
  if (exception === '*') return true;
  if (exception === '') return false;
  if (exception.includes('/')) return isIn(blockOf(exception), destination.host);
  const { host, port } = splitPort(exception);
  if (port !== undefined && port !== destination.port) return false;
  if (isIP(host) !== 0) return isIn(blockOf(host), destination.host);
  const suffix = host.replace(/^\*(?=\.)/, '');
  if (suffix.startsWith('.')) return destination.host.endsWith(suffix);
  return destination.host === suffix || destination.host.endsWith(`.${suffix}`);
}

function splitPort(exception: string): { host: string; port: string | undefined } {
  if (isIP(exception) === 6) return { host: exception, port: undefined };
  const [, host = exception, port] = /^(.*?)(?::(\d+))?$/.exec(exception) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

function blockOf(text: string): BlockList {
  const [address = '', bits] = text.split('/');
  const block = new BlockList();
  const family = isIP(address);
  const prefix = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
  if (family !== 0 && Number.isInteger(prefix) && prefix >= 0 && prefix <= (family === 6 ? 128 : 32)) {
    block.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return block;
}

function isIn(block: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && block.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
