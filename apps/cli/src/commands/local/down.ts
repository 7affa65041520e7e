import { Flags } from '@oclif/core';
import { HawserCommand, type Result, type Work } from '@hawser/cli-kit';
import type { StackDown } from '../../local/down.js';

export default class LocalDown extends HawserCommand<typeof LocalDown, StackDown> {
  static override summary = 'Stop what hawser local up has started, with all that runs there.';
  static override description =
    'Executions are cancelled and sessions ended first; their records, logs and receipts stay, and so do Spaces and ports, for the next start.';
  static override flags = {
    purge: Flags.boolean({
      default: false,
      summary: 'Remove what it has kept, too: Spaces, executions, sessions, keys and ports.',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --purge --yes --json',
  ];

  protected async work({ flags, ask, out, signal }: Work<typeof LocalDown>): Promise<Result<StackDown>> {
    const { stackPlaces } = await import('../../local/places.js');
    const { stopStack } = await import('../../local/down.js');
    const places = stackPlaces(this.config);
    if (flags.purge && !flags.yes) {
      const question = `Remove ${places.folder} with its Spaces, executions and sessions?`;
      if (!(await ask.confirm({ question, flag: '--yes' }))) return { data: { pid: null, purged: false } };
    }
    const data = await out.step('Stopping the stack', () => stopStack(places, { purge: flags.purge, signal }));
    const ended = data.pid === null ? 'No stack was running.' : `The stack has ended (process ${data.pid}).`;
    return { data, text: data.purged ? `${ended} Nothing is kept of it.` : ended };
  }
}
