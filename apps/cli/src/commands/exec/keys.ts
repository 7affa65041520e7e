import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { KeyRecord } from '@hawser/exec-client/contract';
import { backendFlags } from '../../exec/flags.js';

interface Listed {
  readonly keys: readonly KeyRecord[];
}

export default class ExecKeys extends HawserCommand<typeof ExecKeys, Listed> {
  static override summary = 'List API keys by what may be known of them.';
  static override aliases = ['exec:keys:list'];
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async work(work: Work<typeof ExecKeys>): Promise<Result<Listed>> {
    const { openService } = await import('../../exec/service.js');
    const { keyColumns } = await import('../../render/exec/keys.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const keys = await client.keys.list({ signal: work.signal });
    return {
      data: { keys },
      text: () => (keys.length === 0 ? 'There are no keys.' : work.out.table(keys, keyColumns)),
    };
  }
}
