import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { TunnelEvent } from '@hawser/tunnels';

export default class NetAttach extends HawserCommand<typeof NetAttach, never, TunnelEvent> {
  static override summary = 'Follow what happens to the open tunnels; going away never closes them.';
  static override description =
    'Ends when the supervisor leaves, or with Ctrl-C. With --json each line is an object; --debug also shows what links say of themselves.';
  static override flags = {
    name: Flags.string({ summary: 'Only of this tunnel. May be repeated.', multiple: true, helpValue: 'NAME' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work({ flags, out, signal, onEnd }: Work<typeof NetAttach>): Promise<Told> {
    const { runningSupervisor } = await import('../../net/reach.js');
    const { printEvents } = await import('../../net/follow.js');
    const client = await runningSupervisor(signal);
    onEnd(() => client.close());
    out.say(`Following process ${client.pid}; Ctrl-C goes away, and the tunnels stay.`);
    await printEvents(client.events({ signal }), { names: flags.name ?? [], debug: flags.debug }, { out });
    return { told: true };
  }
}
