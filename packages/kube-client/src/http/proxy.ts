import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { invalid } from '../config/kubeconfig.js';

const TIMEOUT_MS = 15_000;

/** The proxy of the kubeconfig, else of the environment (`HTTPS_PROXY`, unless `NO_PROXY` names the host). */
export function proxyOf(
  server: URL,
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  const spared = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').some((entry) => spares(entry.trim(), server));
  const text = named || (spared || isLoopback(server) ? undefined : env['HTTPS_PROXY'] || env['https_proxy']);
  if (!text) return undefined;
  if (!URL.canParse(text)) throw invalid('The proxy that is named is not a URL.');
  const proxy = new URL(text);
  if (proxy.protocol === 'http:' || proxy.protocol === 'https:') return proxy;
  throw invalid(`Proxies of kind ${proxy.protocol.slice(0, -1)} are not supported: name one by http or https.`);
}

/** A connection to the host and port, made by `CONNECT` (RFC 9110 §9.3.6). */
export async function openProxyTunnel(proxy: URL, host: string, port: number): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const user = decodeURIComponent(`${proxy.username}:${proxy.password}`);
  const headers = {
    host: authority,
    ...(proxy.username && { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` }),
  };
  const request = proxy.protocol === 'https:' ? requestHttps : requestHttp;
  return await new Promise((resolve, reject) => {
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers,
      agent: false,
      timeout: TIMEOUT_MS,
    });
    asked.on('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode ?? 'nothing'}`));
    });
    asked.on('timeout', () => asked.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** A host, or a domain with all below it. */
function spares(entry: string, { hostname }: URL): boolean {
  if (entry === '') return false;
  const domain = entry.replace(/^\*?\./, '');
  return entry === '*' || hostname === domain || hostname.endsWith(`.${domain}`);
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
