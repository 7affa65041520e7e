import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { backendFlags, idArg } from '../../exec/flags.js';

export default class ExecStatus extends HawserCommand<typeof ExecStatus, ExecutionRecord> {
  static override summary = 'Say how an execution stands, and what is known of it.';
  static override args = { id: idArg() };
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> exec_20261121'];

  protected async work(work: Work<typeof ExecStatus>): Promise<Result<ExecutionRecord>> {
    const { openService } = await import('../../exec/service.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const id = await client.find(work.args.id, work);
    const record = await client.get(id, work);
    return {
      data: record,
      text: async () => {
        const { renderExecution } = await import('../../render/exec/status.js');
        return renderExecution(record, await work.out.style(), Date.now());
      },
    };
  }
}
