import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { backendFlags, idArg } from '../../exec/flags.js';

export default class ExecCancel extends HawserCommand<typeof ExecCancel, ExecutionRecord> {
  static override summary = 'Cancel an execution, wherever it stands.';
  static override description =
    'The command is told to end, and ended after its grace period. One that has ended is left as it is. With --wait it comes back when it has ended.';
  static override args = { id: idArg() };
  static override flags = {
    ...backendFlags,
    reason: Flags.string({ summary: 'Remember why.', helpValue: 'TEXT' }),
    force: Flags.boolean({ summary: 'Leave the command no time.' }),
    wait: Flags.boolean({ summary: 'Wait until it has ended.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> exec_20261121 --wait'];

  protected async work(work: Work<typeof ExecCancel>): Promise<Result<ExecutionRecord>> {
    const { openService } = await import('../../exec/service.js');
    const { cancelExecution } = await import('../../exec/cancel.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const record = await cancelExecution(client, work.args.id, work.flags, work.signal);
    return {
      data: record,
      text: async () => {
        const { paintPhase } = await import('../../render/exec/words.js');
        return `${record.execution_id}: ${paintPhase(record.phase, await work.out.style())}`;
      },
    };
  }
}
