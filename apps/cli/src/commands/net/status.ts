import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import { readStatus, type StatusFacts } from '../../net/status.js';
import { renderStatus, statusWarnings } from '../../render/net/status.js';

export default class NetStatus extends HawserCommand<typeof NetStatus, StatusFacts> {
  static override summary = 'Show the tunnels that are open, and how they are.';
  static override description =
    'Ends with 0 whenever it could tell, also when nothing is open; hawser net wait says by its exit code whether tunnels are ready.\n' +
    'With --watch it goes on until Ctrl-C; --watch --json prints the whole state as one object per line, whenever it changes.';
  static override flags = {
    watch: Flags.boolean({ char: 'w', summary: 'Go on showing it as it changes, until Ctrl-C.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work(work: Work<typeof NetStatus>): Promise<Result<StatusFacts> | Told> {
    if (work.flags.watch) {
      const { watchStatus } = await import('../../net/watch-status.js');
      await watchStatus(work);
      return { told: true };
    }
    const data = await readStatus(work.signal);
    return {
      data,
      text: async () => renderStatus(data.tunnels, await work.out.style()),
      warnings: statusWarnings(data),
    };
  }
}
