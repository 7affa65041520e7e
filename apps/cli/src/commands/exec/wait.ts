import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import { backendFlags, idArg, watchFlags } from '../../exec/flags.js';
import type { Watched } from '../../exec/outcome.js';

export default class ExecWait extends HawserCommand<typeof ExecWait, Watched> {
  static override summary = 'Watch an execution to its end, and end with its exit code.';
  static override description =
    'Shows what it printed from the beginning, as hawser exec would have. Our own ends: 124 ran out of time, 125 never ran, 130 cancelled, 75 not watched any more while it still runs.';
  static override passesExitCode = true;
  static override args = { id: idArg() };
  static override flags = { ...backendFlags, ...watchFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> exec_20261121 --wait-timeout 10m'];

  protected async work(work: Work<typeof ExecWait>): Promise<Result<Watched> | Told> {
    const { openService } = await import('../../exec/service.js');
    const { prepareToWatch, watchExecution } = await import('../../exec/watch.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const id = await client.find(work.args.id, work);
    const wishes = await prepareToWatch(work.flags, work);
    const watched = await watchExecution(work.flags, { id, isQueued: false, client, wishes, context: work });
    const { code: exitCode } = watched.exit;
    return work.out.json ? { data: watched, exitCode } : { told: true, exitCode };
  }
}
