import type { Providers } from '../supervisor/seam.js';

/** All providers there are; each is loaded when the first link of its kind is made. */
export function createProviders(): Providers {
  const providers: Providers = {
    direct: async () => (await import('./direct.js')).directProvider,
    'ssh-bastion': async () => (await import('./ssh.js')).sshProvider,
    ssm: async () => (await import('./ssm.js')).createSsmProvider(),
    kube: async () => (await import('./kube.js')).createKubeProvider(),
    chain: async () => (await import('./chain.js')).createChainProvider(providers),
  };
  return providers;
}
