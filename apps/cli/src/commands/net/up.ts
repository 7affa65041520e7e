import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import type { TunnelEvent } from '@hawser/tunnels';
import { formFlags, openingFlags, readyTimeoutFlag, setArg, waitFlag } from '../../net/flags.js';
import type { UpFacts } from '../../net/up.js';

export default class NetUp extends HawserCommand<typeof NetUp, UpFacts, TunnelEvent> {
  static override summary = 'Open tunnels that stay up, and come back when they are ready.';
  static override description =
    'Opens a set of tunnels.yaml, or what the flags say; those write nothing but state. A supervisor in the background keeps the tunnels until hawser net down.\n' +
    'Ends with 0 when a probe went through each of them. What is open already is left as it is. Leaves .hawser/net.json, which names the tunnels.';
  static override args = { set: setArg };
  static override flags = {
    ...formFlags,
    ...openingFlags,
    wait: waitFlag,
    timeout: readyTimeoutFlag,
    foreground: Flags.boolean({ summary: 'Keep the tunnels in this process until Ctrl-C, telling what happens.' }),
    'dry-run': Flags.boolean({ summary: 'Show the commands a person could run instead, and open nothing.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> staging',
    '<%= config.bin %> <%= command.id %> --via ssh-bastion --host bastion.example.com --dry-run',
    '<%= config.bin %> <%= command.id %> --via direct --forward web=18080:localhost:8080 --wait bound',
  ];

  protected async work(work: Work<typeof NetUp>): Promise<Result<UpFacts> | Told> {
    const { openUp } = await import('../../net/up.js');
    return openUp(work.args.set, work.flags, { ...work, root: this.config.root });
  }
}
