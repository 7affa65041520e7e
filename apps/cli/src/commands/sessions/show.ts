import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SessionView } from '@hawser/k8s-sessions/protocol';
import type { Screen } from '@hawser/k8s-sessions/client';
import { serviceFlags, sessionArg } from '../../sessions/flags.js';

interface Shown {
  readonly session: SessionView;
  readonly screen?: Screen;
}

export default class SessionsShow extends HawserCommand<typeof SessionsShow, Shown> {
  static override summary = 'Say how a session stands, or what its screen shows.';
  static override args = { session: sessionArg() };
  static override flags = {
    ...serviceFlags,
    screen: Flags.boolean({ summary: 'Print the screen as text, too.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3f2a',
    '<%= config.bin %> <%= command.id %> 3f2a --screen',
  ];

  protected async work(work: Work<typeof SessionsShow>): Promise<Result<Shown>> {
    const { openService } = await import('../../sessions/service.js');
    const { signal } = work;
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const id = await client.find(work.args.session, { signal });
    const session = await client.get(id, { signal });
    const screen = work.flags.screen ? await client.screen(id, { signal }) : undefined;
    return {
      data: { session, ...(screen && { screen }) },
      text: async () => {
        const { renderSession } = await import('../../render/sessions/show.js');
        return [renderSession(session, await work.out.style()), ...(screen ? ['', ...screen.rows] : [])]
          .join('\n')
          .trimEnd();
      },
    };
  }
}
