import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Configured } from '../../sessions/configure.js';

export default class SessionsConfigure extends HawserCommand<typeof SessionsConfigure, Configured> {
  static override summary = 'Save which sessions service is yours, and your key for it.';
  static override description =
    'The key is typed unseen, or read from standard input. Or both come from a cluster that you may look at: the address of its Ingress, and the key of its Secret. The service is asked before anything is saved.';
  static override args = {
    url: Args.string({ description: 'Address of the service, such as http://203.0.113.7.' }),
  };
  static override flags = {
    'kube-context': Flags.string({
      summary: 'Read address and key from the Ingress and the Secret of this context of kubectl.',
      helpGroup: 'CLUSTER',
      helpValue: 'NAME',
    }),
    namespace: Flags.string({
      char: 'n',
      summary: 'Where the service lies. Default: of the context.',
      helpGroup: 'CLUSTER',
      helpValue: 'NAME',
      dependsOn: ['kube-context'],
    }),
    secret: Flags.string({
      summary: 'Secret that holds the key as API_KEY. Default: the one of the chart.',
      helpGroup: 'CLUSTER',
      helpValue: 'NAME',
      dependsOn: ['kube-context'],
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> https://sessions.example.com < key.txt',
    '<%= config.bin %> <%= command.id %> --kube-context staging --namespace ws-cli',
  ];

  protected async work(work: Work<typeof SessionsConfigure>): Promise<Result<Configured>> {
    const { configure } = await import('../../sessions/configure.js');
    const configured = await configure(work.args.url, work.flags, { ...work, config: this.config });
    return { data: configured, text: `Saved ${configured.url} to ${configured.config_file}.` };
  }
}
