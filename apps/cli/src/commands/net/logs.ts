import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { TunnelEvent } from '@hawser/tunnels';

export default class NetLogs extends HawserCommand<typeof NetLogs, never, TunnelEvent> {
  static override summary = 'Show what happened to the tunnels of this project.';
  static override description =
    'From a log in your state folder, which is kept when tunnels are closed. With --json each line is an object. --debug also shows what links say of themselves.';
  static override flags = {
    follow: Flags.boolean({ char: 'f', summary: 'Go on as things happen, until Ctrl-C.' }),
    name: Flags.string({ summary: 'Only of this tunnel. May be repeated.', multiple: true, helpValue: 'NAME' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name prefect --json',
  ];

  protected async work({ flags, out, signal }: Work<typeof NetLogs>): Promise<Told> {
    const { readEvents } = await import('@hawser/tunnels/supervisor');
    const { printEvents } = await import('../../net/follow.js');
    const events = readEvents({ from: process.cwd(), follow: flags.follow, signal });
    await printEvents(events, { names: flags.name ?? [], debug: flags.debug }, { out });
    return { told: true };
  }
}
