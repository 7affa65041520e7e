import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SecretRecord } from '@hawser/exec-client/contract';
import { backendFlags } from '../../exec/flags.js';

interface Listed {
  readonly secrets: readonly SecretRecord[];
}

export default class ExecSecrets extends HawserCommand<typeof ExecSecrets, Listed> {
  static override summary = 'List the names of stored secrets; their values cannot be read back.';
  static override aliases = ['exec:secrets:list'];
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async work(work: Work<typeof ExecSecrets>): Promise<Result<Listed>> {
    const { openService } = await import('../../exec/service.js');
    const { secretColumns } = await import('../../render/exec/keys.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const secrets = await client.secrets.list({ signal: work.signal });
    return {
      data: { secrets },
      text: () => (secrets.length === 0 ? 'There are no secrets.' : work.out.table(secrets, secretColumns)),
    };
  }
}
