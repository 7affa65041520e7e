import type { SshVia } from '../spec.js';
import { targetsText } from '../target-text.js';
import type { Provider } from './provider.js';
import { KEEPALIVE, plainArgv } from './ssh-argv.js';
import { diagnoseSsh } from './ssh-diagnose.js';
import { openSsh } from './ssh-link.js';
import { sshSettings, type SshProviderOptions } from './ssh-settings.js';

/**
 * Links by the OpenSSH client, with the person's own configuration, agent and known hosts.
 *
 * Each link is one ssh process of ours, never the person's own master connection. Targets are dialled over its control
 * socket (Linux and macOS; OpenSSH 7.4 or newer at both ends of that socket, any server behind): a target may be a port
 * or a unix socket, and need not be known when the link is opened. The process ends when ours does, however that ends.
 */
export function createSshProvider(options: SshProviderOptions = {}): Provider<SshVia> {
  return {
    kind: 'ssh-bastion',
    open: async (via, openOptions) => await openSsh(via, openOptions, sshSettings(options)),
    describe: (via, forwards) => ({
      commands: [plainArgv(via, forwards, options.keepalive ?? KEEPALIVE)],
      summary: `Connects to ${targetsText(forwards) || 'nothing yet'} from ${via.host}, by ssh.`,
    }),
    diagnose: (via, target, diagnoseOptions) => diagnoseSsh(via, target, diagnoseOptions, sshSettings(options)),
  };
}

/** {@link createSshProvider} with nothing changed. */
export const sshProvider: Provider<SshVia> = createSshProvider();
