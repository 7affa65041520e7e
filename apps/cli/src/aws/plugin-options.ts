import { homedir } from 'node:os';
import type { PluginTokenOptions } from '@hawser/contexts/eks-token';

/** What both forms of `hawser aws eks-token` are told. */
export interface EksTokenFlags {
  readonly cluster: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly noCache: boolean;
}

/** Where a token's credentials are looked for, and how a role is asked for, on this machine. */
export function pluginOptions({ endpointUrl, noCache, ...flags }: EksTokenFlags): PluginTokenOptions {
  const { env } = process;
  const hasOwnWay = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'AWS_CA_BUNDLE'].some(
    (name) => env[name],
  );
  return {
    ...flags,
    stsEndpoint: endpointUrl,
    cache: !noCache,
    env,
    home: homedir(),
    nowMs: Date.now(),
    // What Node's own fetch knows nothing of.
    ...(hasOwnWay ? { fetch: async (...call) => (await import('./fetch-by-proxy.js')).fetchByProxy(...call) } : {}),
  };
}
