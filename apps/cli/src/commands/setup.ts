import { Flags } from '@oclif/core';
import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Result, StringFlag, Work } from '@hawser/cli-kit';
import type { SetupFacts } from '../render/setup.js';

const text = (summary: string, helpValue: string): StringFlag => Flags.string({ summary, helpValue });

export default class Setup extends HawserCommand<typeof Setup, SetupFacts> {
  static override summary = 'Open the tunnels, check AWS, point Prefect and kubectl there, and write the env file.';
  static override description =
    'Runs net up, aws check, ctx init and env write, one after the other; shows them first, and leaves out what is done already.\n' +
    'Run again after a failure it goes on there. What was chosen is remembered in .hawser/setup.json, and is the default of the next time.';
  static override flags = {
    preset: Flags.string({
      summary: 'Begin with staging, staging-ssm or local. Default: the one used last, else staging.',
      helpValue: 'NAME',
    }),
    via: Flags.string({ summary: 'How the tunnels go.', options: ['ssh-bastion', 'ssm'] }),
    host: text('The bastion, or the managed node.', 'HOST'),
    'ssh-user': text('Who to be on the bastion.', 'USER'),
    'prefect-port': portFlag({ summary: 'Local port of Prefect.' }),
    'marquez-port': portFlag({ summary: 'Local port of Marquez.' }),
    profile: text('Use this profile of your AWS configuration.', 'NAME'),
    region: text('Use this AWS region.', 'REGION'),
    'eks-cluster': text('The EKS cluster to check, and to point kubectl at.', 'NAME'),
    'kube-context': text('Name of the kubeconfig context.', 'NAME'),
    namespace: text('Namespace of the context.', 'NAME'),
    'prefect-profile': text('Name of the Prefect profile.', 'NAME'),
    'prefect-url': text('URL of the Prefect API instead of the tunnel.', 'URL'),
    target: text('Write .env.TARGET.', 'TARGET'),
    'allow-network': Flags.boolean({ summary: 'Write the lines that allow research over the network.', allowNo: true }),
    'uv-extras': text('Install the Python project with these extras first, by uv.', 'NAMES'),
    overwrite: Flags.boolean({ summary: 'Replace what is there and differs.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be run, and run nothing.' }),
    explain: Flags.boolean({ summary: 'Show each choice and where it came from, and run nothing.' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --host bastion.example.com --eks-cluster staging --dry-run',
    '<%= config.bin %> <%= command.id %> --preset local --explain',
  ];

  protected async work({ flags, ...context }: Work<typeof Setup>): Promise<Result<SetupFacts>> {
    const { setUp } = await import('../setup/set-up.js');
    const { renderSetup } = await import('../render/setup.js');
    const facts = await setUp(flags, { ...context, bin: `${this.config.root}/bin/hawser.js` });
    return { data: facts, text: async () => renderSetup(facts, await context.out.style()) };
  }
}
