import { LinkError } from '../link/failure.js';
import type { PluginVia } from '../spec.js';
import type { Providers } from '../supervisor/seam.js';
import type { Provider } from './provider.js';

/**
 * All providers there are; each is loaded when the first link of its kind is made.
 *
 * @param plugin - makes the links of providers of somebody else; without it such tunnels fail
 */
export function createProviders(plugin: () => Promise<Provider<PluginVia>> = noPlugins): Providers {
  const providers: Providers = {
    direct: async () => (await import('./direct.js')).directProvider,
    'ssh-bastion': async () => (await import('./ssh.js')).sshProvider,
    ssm: async () => (await import('./ssm.js')).createSsmProvider(),
    kube: async () => (await import('./kube.js')).createKubeProvider(),
    plugin,
    chain: async () => (await import('./chain.js')).createChainProvider(providers),
  };
  return providers;
}

function noPlugins(): Promise<never> {
  const message = 'Providers of plugins are not known here.';
  const hint = 'Open the tunnel with hawser net up.';
  return Promise.reject(new LinkError({ cause: 'config', message, hint, permanent: true }));
}
