import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { LockRecord } from '@hawser/exec-client/contract';
import { backendFlags } from '../../exec/flags.js';

interface Listed {
  readonly locks: readonly LockRecord[];
}

export default class ExecLocks extends HawserCommand<typeof ExecLocks, Listed> {
  static override summary = 'List locks: who holds each, and who waits for it.';
  static override aliases = ['exec:locks:list'];
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async work(work: Work<typeof ExecLocks>): Promise<Result<Listed>> {
    const { openService } = await import('../../exec/service.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const locks = await client.locks.list({ signal: work.signal });
    return {
      data: { locks },
      text: async () => {
        const { renderLocks } = await import('../../render/exec/locks.js');
        return renderLocks(locks, await work.out.style());
      },
    };
  }
}
