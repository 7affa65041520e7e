import { Agent, type AgentOptions } from 'node:https';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Access } from '../config/access.js';
import { invalid, readFileOrData } from '../config/kubeconfig.js';
import type { Credential } from '../credentials/credentials.js';
import { openProxyTunnel, proxyOf } from './proxy.js';

/** What every connection to the API server has in common. */
export interface Trust {
  readonly ca?: Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly proxy?: URL;
}

/** Reads the cluster's entry. */
export async function readTrust(access: Access, env: Readonly<Record<string, string | undefined>>): Promise<Trust> {
  const { cluster, clusterFolder } = access;
  const ca = await readFileOrData(
    clusterFolder,
    cluster['certificate-authority'],
    cluster['certificate-authority-data'],
  );
  const proxy = proxyOf(new URL(cluster.server), cluster['proxy-url'], env);
  return {
    ...(ca && { ca }),
    ...(cluster['tls-server-name'] && { servername: cluster['tls-server-name'] }),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
    ...(proxy && { proxy }),
  };
}

/** Connections with these certificates, kept for the next request; through a proxy where there is one. */
export function createAgent(trust: Trust, credential: Pick<Credential, 'cert' | 'key'>): Agent {
  const options: AgentOptions = {
    keepAlive: true,
    // Half-way to the 60 s after which load balancers forget a connection.
    timeout: 30_000,
    maxFreeSockets: 4,
    rejectUnauthorized: trust.rejectUnauthorized,
    ...(trust.ca && { ca: trust.ca }),
    ...(trust.servername && { servername: trust.servername }),
    ...(credential.cert && { cert: credential.cert }),
    ...(credential.key && { key: credential.key }),
  };
  return trust.proxy ? new ProxyAgent(trust.proxy, options) : new Agent(options);
}

/** Makes each connection through an HTTP proxy. */
class ProxyAgent extends Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: ConnectionOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const host = options.host ?? 'localhost';
    const done = callback as (error: Error | null, stream?: TLSSocket) => void;
    openProxyTunnel(this.#proxy, host, Number(options.port)).then(
      (socket) => done(null, connectTls({ ...options, socket })),
      (error: unknown) => done(error as Error),
    );
    return undefined;
  }
}

/** The URL of a server must be one that can be spoken to by TLS. */
export function checkServer(server: string): URL {
  if (!URL.canParse(server)) throw invalid(`The cluster's server is not a URL: ${server}.`);
  const url = new URL(server);
  if (url.protocol !== 'https:') throw invalid(`The cluster's server must be an https URL, not ${server}.`);
  return url;
}
