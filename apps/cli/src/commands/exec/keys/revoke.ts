import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { backendFlags } from '../../../exec/flags.js';

interface Revoked {
  readonly key_id: string;
}

export default class ExecKeysRevoke extends HawserCommand<typeof ExecKeysRevoke, Revoked> {
  static override summary = 'Revoke an API key.';
  static override args = { key: Args.string({ required: true, description: 'Id of the key.' }) };
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> 0123456789abcdef'];

  protected async work(work: Work<typeof ExecKeysRevoke>): Promise<Result<Revoked>> {
    const { openService } = await import('../../../exec/service.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const { key } = work.args;
    await client.keys.revoke(key, { signal: work.signal });
    return { data: { key_id: key }, text: `${key} is revoked.` };
  }
}
