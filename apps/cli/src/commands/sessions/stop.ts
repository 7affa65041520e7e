import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SessionView } from '@hawser/k8s-sessions/protocol';
import { secondsFlag } from '../../wiring/seconds-flag.js';
import { serviceFlags, sessionArg } from '../../sessions/flags.js';

interface Stopped {
  readonly session: SessionView;
}

export default class SessionsStop extends HawserCommand<typeof SessionsStop, Stopped> {
  static override summary = 'End the command of a session: SIGTERM, and SIGKILL after a while.';
  static override args = { session: sessionArg() };
  static override flags = {
    ...serviceFlags,
    grace: secondsFlag({ summary: 'Between the two. Default: as the service says.' }),
    wait: Flags.boolean({ summary: 'Come back when it is over.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3f2a',
    '<%= config.bin %> <%= command.id %> 3f2a --grace 0s --wait',
  ];

  protected async work(work: Work<typeof SessionsStop>): Promise<Result<Stopped>> {
    const { openService } = await import('../../sessions/service.js');
    const { signal, flags } = work;
    const { client } = await openService(flags, { ...work, config: this.config });
    const id = await client.find(work.args.session, { signal });
    const graceSeconds = flags.grace === undefined ? undefined : flags.grace / 1000;
    await client.stop(id, { graceSeconds, signal });
    const session = flags.wait ? await client.wait(id, { signal }) : await client.get(id, { signal });
    const { wordsOfExit } = await import('../../render/sessions/words.js');
    return {
      data: { session },
      text: session.exit ? `Session ${id} ${wordsOfExit(session.exit)}.` : `Session ${id} was asked to end.`,
    };
  }
}
