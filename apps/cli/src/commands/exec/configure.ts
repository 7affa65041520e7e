import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ConfigureFacts } from '../../exec/stack/configure.js';
import { stackFlags } from '../../exec/stack/flags.js';

export default class ExecConfigure extends HawserCommand<typeof ExecConfigure, ConfigureFacts> {
  static override summary = 'Save where executions run, and your API key.';
  static override description =
    'From the outputs of a stack that you may look at, or from an address alone: with a key nobody needs AWS credentials. The service is asked who you are before anything is saved.';
  static override flags = {
    ...stackFlags,
    endpoint: Flags.string({
      summary: 'Address of the service; no stack is looked for.',
      helpValue: 'URL',
    }),
    'api-key-stdin': Flags.boolean({ summary: 'Read the key from standard input.' }),
    backend: Flags.string({
      summary: "Name of the backend in your configuration. Default: the stack's.",
      helpValue: 'NAME',
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --stack-name staging --backend staging',
    '<%= config.bin %> <%= command.id %> --endpoint https://abc123.execute-api.eu-central-1.amazonaws.com/prod --api-key-stdin < key.txt',
  ];

  protected async work(work: Work<typeof ExecConfigure>): Promise<Result<ConfigureFacts>> {
    const { configure } = await import('../../exec/stack/configure.js');
    const facts = await configure(work.flags, { ...work, config: this.config });
    return {
      data: facts,
      text: `Saved backend ${facts.backend} (${facts.api_endpoint}) to ${facts.config_file}: you are ${facts.key_name ?? 'known'}.`,
    };
  }
}
