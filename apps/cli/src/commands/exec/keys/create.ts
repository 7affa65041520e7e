import { Args, Flags } from '@oclif/core';
import { durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { KeyCreated } from '@hawser/exec-client/contract';
import { backendFlags } from '../../../exec/flags.js';

export default class ExecKeysCreate extends HawserCommand<typeof ExecKeysCreate, KeyCreated> {
  static override summary = 'Make an API key, and show it this once.';
  static override description =
    'Standard output is the key and nothing else. A colleague saves it with hawser exec configure; AWS credentials are not needed for that.';
  static override args = { name: Args.string({ required: true, description: 'Whose key it is, or what for.' }) };
  static override flags = {
    ...backendFlags,
    scope: Flags.option({
      summary: 'What it may do; may be repeated. Default: run, read and cancel.',
      options: ['run', 'read', 'cancel', 'secrets', 'keys', 'admin'] as const,
      multiple: true,
    })(),
    'expires-in': durationFlag({ summary: 'Good for so long. Default: until it is revoked.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> ci --scope run --scope read --expires-in 720h'];

  protected async work(work: Work<typeof ExecKeysCreate>): Promise<Result<KeyCreated>> {
    const { openService } = await import('../../../exec/service.js');
    const { createKey } = await import('../../../exec/keys.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const key = await createKey(client, work.args.name, work.flags, work);
    return { data: key, text: key.api_key };
  }
}
