import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { backendFlags } from '../../exec/flags.js';

interface Listed {
  readonly executions: readonly ExecutionRecord[];
}

export default class ExecList extends HawserCommand<typeof ExecList, Listed> {
  static override summary = 'List executions, the newest first.';
  static override aliases = ['exec:ls'];
  static override flags = {
    ...backendFlags,
    status: Flags.option({
      summary: 'Only those that stand so.',
      options: ['starting', 'running', 'completed', 'failed'] as const,
    })(),
    label: Flags.string({ char: 'l', summary: 'Only those with this label.', helpValue: 'KEY=VALUE' }),
    repo: Flags.string({ char: 'r', summary: 'Only those of this repository.', helpValue: 'URL' }),
    since: Flags.string({
      summary: 'Only those since then: a date, or a time ago such as 2h.',
      helpValue: 'TIME|DURATION',
    }),
    limit: Flags.integer({ summary: 'So many at most.', helpValue: 'NUMBER', min: 1, default: 20 }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --status failed --since 24h',
  ];

  protected async work(work: Work<typeof ExecList>): Promise<Result<Listed>> {
    const { openService } = await import('../../exec/service.js');
    const { listExecutions } = await import('../../exec/list.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const executions = await listExecutions(client, work.flags, { signal: work.signal, nowMs: Date.now() });
    return {
      data: { executions },
      text: async () => {
        const { renderList } = await import('../../render/exec/list.js');
        return renderList(executions, await work.out.style(), Date.now());
      },
    };
  }
}
