import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { TunnelStatus } from '@hawser/tunnels';
import { readyTimeoutFlag, waitFlag } from '../../net/flags.js';

export default class NetWait extends HawserCommand<typeof NetWait, { readonly tunnels: readonly TunnelStatus[] }> {
  static override summary = 'Wait until tunnels are ready.';
  static override description = 'Ends with 0 when all of them are, and with 1 when they do not become so in time.';
  static override usage = '<%= command.id %> [NAME...] [FLAGS]';
  static override args = {
    name: Args.string({ multiple: true, description: 'Tunnels to wait for. Default: all.' }),
  };
  static override flags = { for: waitFlag, timeout: readyTimeoutFlag };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> prefect --for link --timeout 10s',
  ];

  protected async work({
    args,
    flags,
    out,
    signal,
    onEnd,
  }: Work<typeof NetWait>): Promise<Result<{ readonly tunnels: readonly TunnelStatus[] }>> {
    const { runningSupervisor } = await import('../../net/reach.js');
    const { renderOpened } = await import('../../render/net/opened.js');
    const client = await runningSupervisor(signal);
    onEnd(() => client.close());
    const names = args.name ?? [];
    const tunnels = await client.wait(names.length > 0 ? { names } : { all: true }, {
      until: flags.for ?? 'healthy',
      ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
      signal,
    });
    return { data: { tunnels }, text: async () => renderOpened(tunnels, await out.style()) };
  }
}
