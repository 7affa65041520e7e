import { Flags } from '@oclif/core';
import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SessionSummary } from '@hawser/ssm-channel/aws';

interface Sessions {
  readonly sessions: readonly SessionSummary[];
}

export default class SsmSessions extends HawserCommand<typeof SsmSessions, Sessions> {
  static override summary = 'List sessions that are open, or were.';
  static override flags = {
    ...awsFlags,
    history: Flags.boolean({ summary: 'List sessions that have ended.' }),
    target: Flags.string({ summary: 'List only sessions on this target.', helpValue: 'TARGET' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --history --target i-0123456789abcdef0',
  ];

  protected async work({ flags, aws, out, signal }: Work<typeof SsmSessions>): Promise<Result<Sessions>> {
    const target =
      flags.target === undefined ? {} : { target: (await aws.findTarget(flags.target, { signal })).target };
    const api = await aws.api();
    const sessions = await api.describeSessions({ state: flags.history ? 'History' : 'Active', ...target }, { signal });
    return {
      data: { sessions },
      text: async () => {
        const { renderSessions } = await import('../../render/ssm/sessions.js');
        return renderSessions(sessions, out);
      },
    };
  }
}
