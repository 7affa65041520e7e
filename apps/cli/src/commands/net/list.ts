import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ListFacts } from '../../net/list.js';

export default class NetList extends HawserCommand<typeof NetList, ListFacts> {
  static override summary = 'List the tunnels that are open, or the sets there are.';
  static override aliases = ['net:ls'];
  static override flags = {
    sets: Flags.boolean({ summary: 'List the sets of tunnels.yaml, the project’s and your own, with their tunnels.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --sets'];

  protected async work({ flags, out, signal }: Work<typeof NetList>): Promise<Result<ListFacts>> {
    const { listOpen, listSets, listText } = await import('../../net/list.js');
    const data = flags.sets ? await listSets() : await listOpen(signal);
    return { data, text: async () => listText(data, await out.style()) };
  }
}
