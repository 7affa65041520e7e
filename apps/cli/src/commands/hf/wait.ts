import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { WaitEnd } from '@hawser/hf-push';
import { hubFlags, spaceArg, timeoutFlag } from '../../hf/flags.js';

/** After so long the Hub surely speaks of the last commit, whatever the difference between its clock and ours. */
const SETTLED_MS = 600_000;

export default class HfWait extends HawserCommand<typeof HfWait, WaitEnd> {
  static override summary = 'Wait until a Space runs what was last committed.';
  static override args = { space: spaceArg() };
  static override flags = {
    ...hubFlags,
    timeout: timeoutFlag,
  };
  static override examples = ['<%= config.bin %> <%= command.id %> echo_env --timeout 10m'];

  protected async work({ args, flags, out, signal }: Work<typeof HfWait>): Promise<Result<WaitEnd>> {
    const { connect } = await import('../../hf/connect.js');
    const { spaceOf } = await import('../../hf/space-of.js');
    const { tellEvents } = await import('../../hf/tell-events.js');
    const { getStatus, waitForSpace } = await import('@hawser/hf-push');
    const { hub } = await connect(flags, { out, signal });
    const space = await spaceOf(hub, args.space);
    const { commit, commits, appUrl } = await getStatus(hub, space);
    const isLongAgo = Date.now() - Date.parse(commits[0]?.date ?? '') > SETTLED_MS;
    const end = await out.step(`Waiting for ${space}`, (step) =>
      waitForSpace(hub.with({ onEvent: tellEvents(out, step) }), space, {
        ...(isLongAgo ? {} : { commit }),
        ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
      }),
    );
    return { data: end, text: `${end.stage}${appUrl === undefined ? '' : ` at ${appUrl}`}` };
  }
}
