import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Shared } from '../../sessions/share.js';
import { secondsFlag } from '../../wiring/seconds-flag.js';
import { serviceFlags, sessionArg } from '../../sessions/flags.js';

export default class SessionsShare extends HawserCommand<typeof SessionsShare, Shared> {
  static override summary = 'Make another link to a session, or say who has one and take it back.';
  static override description =
    'A link works once. Whoever opened it may refresh and come back, until what it gave is taken back with --revoke.';
  static override args = { session: sessionArg() };
  static override flags = {
    ...serviceFlags,
    control: Flags.boolean({ summary: 'Let them type, too. Default: they only look.' }),
    ttl: secondsFlag({ summary: 'The link is good for so long, at most 5m, the default.' }),
    viewers: Flags.boolean({ summary: 'List who may look on instead.', exclusive: ['control', 'ttl', 'revoke'] }),
    revoke: Flags.string({
      summary: 'Send this viewer away instead: an id of --viewers.',
      helpValue: 'ID',
      exclusive: ['control', 'ttl'],
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3f2a',
    '<%= config.bin %> <%= command.id %> 3f2a --viewers',
  ];

  protected async work(work: Work<typeof SessionsShare>): Promise<Result<Shared>> {
    const { shareSession } = await import('../../sessions/share.js');
    const shared = await shareSession(work.args.session, work.flags, { ...work, config: this.config });
    return {
      data: shared,
      text: async () => {
        const { renderShared } = await import('../../render/sessions/share.js');
        return renderShared(shared, await work.out.style());
      },
    };
  }
}
