import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SessionView } from '@hawser/k8s-sessions/protocol';
import { serviceFlags } from '../../sessions/flags.js';

interface Listed {
  readonly sessions: readonly SessionView[];
}

export default class SessionsList extends HawserCommand<typeof SessionsList, Listed> {
  static override summary = 'List terminal sessions, the newest first.';
  static override aliases = ['sessions:ls'];
  static override flags = {
    ...serviceFlags,
    running: Flags.boolean({ summary: 'Only those whose command is not over.' }),
    label: Flags.string({ char: 'l', summary: 'Only those with this label.', helpValue: 'KEY=VALUE' }),
    limit: Flags.integer({ summary: 'So many at most.', helpValue: 'NUMBER', min: 1, default: 20 }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --running --json',
  ];

  protected async work(work: Work<typeof SessionsList>): Promise<Result<Listed>> {
    const { listSessions } = await import('../../sessions/list.js');
    const sessions = await listSessions(work.flags, { ...work, config: this.config });
    return {
      data: { sessions },
      text: async () => {
        const { renderList } = await import('../../render/sessions/list.js');
        return renderList(sessions, await work.out.style());
      },
    };
  }
}
