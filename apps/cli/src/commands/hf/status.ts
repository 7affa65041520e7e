import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SpaceStatus } from '@hawser/hf-push';
import { hubFlags, spaceArg } from '../../hf/flags.js';

export default class HfStatus extends HawserCommand<typeof HfStatus, SpaceStatus> {
  static override summary = 'Say where a Space is: what it runs, and its last commits.';
  static override args = { space: spaceArg() };
  static override flags = { ...hubFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> echo_env'];

  protected async work({ args, flags, out, signal }: Work<typeof HfStatus>): Promise<Result<SpaceStatus>> {
    const { connect } = await import('../../hf/connect.js');
    const { spaceOf } = await import('../../hf/space-of.js');
    const { getStatus } = await import('@hawser/hf-push');
    const { hub } = await connect(flags, { out, signal });
    const status = await getStatus(hub, await spaceOf(hub, args.space));
    return {
      data: status,
      text: async () => {
        const style = await out.style();
        const { stage } = status.runtime;
        const state = stage === 'RUNNING' ? style.good(stage) : style.warn(stage);
        const commits = status.commits.map(({ id, title, date }) => `  ${id.slice(0, 10)} ${date} ${title}`);
        return [`${status.url}: ${state}${status.appUrl === undefined ? '' : ` at ${status.appUrl}`}`, ...commits].join(
          '\n',
        );
      },
    };
  }
}
