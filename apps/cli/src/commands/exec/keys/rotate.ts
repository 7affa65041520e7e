import { Args } from '@oclif/core';
import { durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { KeyCreated } from '@hawser/exec-client/contract';
import { backendFlags } from '../../../exec/flags.js';

export default class ExecKeysRotate extends HawserCommand<typeof ExecKeysRotate, KeyCreated> {
  static override summary = 'Make a key that takes the place of another, and show it this once.';
  static override description = 'Both are good while they overlap. Standard output is the new key and nothing else.';
  static override args = { key: Args.string({ required: true, description: 'Id of the key.' }) };
  static override flags = {
    ...backendFlags,
    overlap: durationFlag({ summary: 'The old one stays good for so long. Default: 24h.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> 0123456789abcdef --overlap 1h'];

  protected async work(work: Work<typeof ExecKeysRotate>): Promise<Result<KeyCreated>> {
    const { openService } = await import('../../../exec/service.js');
    const { rotateKey } = await import('../../../exec/keys.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const key = await rotateKey(client, work.args.key, work.flags, work);
    return { data: key, text: key.api_key };
  }
}
