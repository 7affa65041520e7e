import { awsFlags, HawserCommand, portFlag, targetArg } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';

export default class SsmSshProxy extends HawserCommand<typeof SsmSshProxy, never> {
  static override summary = 'Carry an SSH connection to a managed node, as ProxyCommand of ssh.';
  static override description =
    'Standard input and output are the connection. In ~/.ssh/config:\n\n' +
    '  Host i-* mi-*\n    ProxyCommand hawser ssm ssh-proxy %h --port %p';
  static override args = { target: targetArg() };
  static override flags = { ...awsFlags, port: portFlag({ summary: 'Port of sshd on the node. Default: 22.' }) };
  static override examples = [
    "ssh -o ProxyCommand='<%= config.bin %> <%= command.id %> %h --port %p' ec2-user@i-0123456789abcdef0",
  ];

  protected async work({ args, flags, aws, out, signal, onEnd }: Work<typeof SsmSshProxy>): Promise<Told> {
    const { openSessionOn } = await import('../../session/open-session.js');
    const { carryStdio } = await import('../../session/carry-stdio.js');
    const { session } = await openSessionOn(
      {
        target: args.target,
        document: 'AWS-StartSSHSession',
        parameters: { portNumber: [String(flags.port ?? 22)] },
      },
      { aws, out, signal, onEnd },
    );
    await carryStdio(session);
    return { told: true };
  }
}
