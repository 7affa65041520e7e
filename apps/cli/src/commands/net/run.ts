import { durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import type { NetRunFacts } from '../../net/run.js';
import { formFlags, openingFlags, readyTimeoutFlag, setArg, waitFlag } from '../../net/flags.js';

export default class NetRun extends HawserCommand<typeof NetRun, NetRunFacts> {
  static override summary = 'Open tunnels, run a command with them, and close them again.';
  static override description =
    'The command gets the variables of the tunnels, and its exit code is ours. Tunnels that were open before stay open.\n' +
    'Our own ends: 124 ran out of time, 125 never ran, 130 cancelled.';
  static override usage = '<%= command.id %> [SET] [FLAGS] -- COMMAND...';
  static override rest = { name: 'COMMAND', required: true, passesExitCode: true };
  static override args = { set: setArg };
  static override flags = {
    ...formFlags,
    ...openingFlags,
    wait: waitFlag,
    'ready-timeout': readyTimeoutFlag,
    timeout: durationFlag({ summary: 'End the command after this long; it has 10 s for it.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> staging -- prefect version',
    "<%= config.bin %> <%= command.id %> --via direct --forward web=localhost:8080 --wait bound -- sh -c 'exit 7'",
  ];

  protected async work(work: Work<typeof NetRun>): Promise<Result<NetRunFacts> | Told> {
    const { runWithTunnels } = await import('../../net/run.js');
    const ran = await runWithTunnels(work.args.set, work.flags, { ...work, root: this.config.root });
    const { exitCode } = ran;
    return work.out.json ? { data: ran, exitCode } : { told: true, exitCode };
  }
}
