import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { selectorFlags } from '../../net/flags.js';
import type { DownFacts } from '../../net/down.js';

export default class NetDown extends HawserCommand<typeof NetDown, DownFacts> {
  static override summary = 'Close tunnels; the supervisor leaves with the last.';
  static override description =
    'Ends with 0 when their ports are free and their processes gone, and with 1 when one that is named is not open.\n' +
    '--all also ends a supervisor that does not answer. No process that is not ours is ever signalled. Takes the tunnels out of .hawser/net.json.';
  static override flags = selectorFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --all',
    '<%= config.bin %> <%= command.id %> --name prefect --name marquez',
    '<%= config.bin %> <%= command.id %> --set staging',
  ];

  protected async work({ flags, out, signal }: Work<typeof NetDown>): Promise<Result<DownFacts>> {
    const { closeTunnels } = await import('../../net/down.js');
    const facts = await closeTunnels(flags, { signal });
    for (const name of facts.unknown) await out.warn(`There is no ${name}.`);
    const { stopped, unknown } = facts;
    return {
      data: facts,
      text: stopped.length === 0 ? 'Nothing was open.' : `Closed ${stopped.join(', ')}.`,
      exitCode: unknown.length > 0 ? 1 : 0,
    };
  }
}
