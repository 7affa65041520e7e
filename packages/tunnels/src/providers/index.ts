import type { Providers } from '../supervisor/seam.js';
import type { Provider } from './provider.js';

/** All providers there are; each is loaded when the first link of its kind is made. */
export function createProviders(): Providers {
  const providers: Providers = {
    direct: async () => (await import('./direct.js')).directProvider as Provider,
    'ssh-bastion': async () => (await import('./ssh.js')).sshProvider as Provider,
    ssm: async () => (await import('./ssm.js')).createSsmProvider() as Provider,
    kube: async () => (await import('./kube.js')).kubeProvider as Provider,
    chain: async () => (await import('./chain.js')).createChainProvider(providers) as Provider,
  };
  return providers;
}
