import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { selectorFlags } from '../../net/flags.js';

export default class NetRestart extends HawserCommand<typeof NetRestart, { readonly restarted: readonly string[] }> {
  static override summary = 'Make the links of tunnels anew, keeping their ports.';
  static override description =
    'Tunnels that share a link are restarted together. New connections are held until the link is back; open ones break.';
  static override flags = selectorFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --all',
    '<%= config.bin %> <%= command.id %> --name prefect',
  ];

  protected async work({
    flags,
    signal,
    onEnd,
  }: Work<typeof NetRestart>): Promise<Result<{ readonly restarted: readonly string[] }>> {
    const { selectorOf } = await import('../../net/selector.js');
    const { runningSupervisor } = await import('../../net/reach.js');
    const selector = selectorOf(flags);
    const client = await runningSupervisor(signal);
    onEnd(() => client.close());
    const restarted = await client.restart(selector);
    return {
      data: { restarted },
      text: restarted.length === 0 ? 'No open tunnel is meant.' : `Made the links of ${restarted.join(', ')} anew.`,
    };
  }
}
