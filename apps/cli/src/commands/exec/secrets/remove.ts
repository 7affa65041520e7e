import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { backendFlags } from '../../../exec/flags.js';

interface Removed {
  readonly name: string;
}

export default class ExecSecretsRemove extends HawserCommand<typeof ExecSecretsRemove, Removed> {
  static override summary = 'Remove a stored secret.';
  static override args = { name: Args.string({ required: true, description: 'Name of the secret.' }) };
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> DEPLOY_TOKEN'];

  protected async work(work: Work<typeof ExecSecretsRemove>): Promise<Result<Removed>> {
    const { openService } = await import('../../../exec/service.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const { name } = work.args;
    await client.secrets.remove(name, { signal: work.signal });
    return { data: { name }, text: `${name} is removed.` };
  }
}
