import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import { secondsFlag } from '../../wiring/seconds-flag.js';
import type { Replayed } from '../../sessions/replay.js';
import { serviceFlags, sessionArg } from '../../sessions/flags.js';

export default class SessionsReplay extends HawserCommand<typeof SessionsReplay, Replayed> {
  static override summary = 'Play a session again, in its own time.';
  static override description =
    'Whether its command runs or is long over. Ctrl-C ends the play. For a recording to keep: hawser sessions logs --format cast.';
  static override args = { session: sessionArg() };
  static override flags = {
    ...serviceFlags,
    speed: Flags.string({ summary: 'So many times as fast. Default: 1.', helpValue: 'NUMBER', default: '1' }),
    'max-pause': secondsFlag({ summary: 'Pause no longer than this where nothing happened. Default: 2s.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> 3f2a --speed 4'];

  protected async work(work: Work<typeof SessionsReplay>): Promise<Result<Replayed> | Told> {
    const { replay } = await import('../../sessions/replay.js');
    const replayed = await replay(work.args.session, work.flags, { ...work, config: this.config });
    return work.out.json ? { data: replayed } : { told: true };
  }
}
