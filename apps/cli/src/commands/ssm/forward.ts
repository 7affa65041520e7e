import { Flags } from '@oclif/core';
import { awsFlags, HawserCommand, portFlag, requiredPortFlag, targetArg } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { ForwardFacts } from '../../render/ssm/forward.js';

export default class SsmForward extends HawserCommand<typeof SsmForward, ForwardFacts> {
  static override summary = 'Forward a local port to a managed node, or through it to another host.';
  static override description =
    'Stays until it is told to end. With --json it prints one line when connections are taken.\n' +
    'The agent paces each session; several lanes multiply what a download reaches.';
  static override args = { target: targetArg() };
  static override flags = {
    ...awsFlags,
    host: Flags.string({
      summary: 'Host to reach, as seen from the node. Default: the node itself.',
      helpValue: 'HOST',
    }),
    'remote-port': requiredPortFlag({ summary: 'Port to reach.' }),
    'local-port': portFlag({ summary: 'Port to listen on here; 0, the default, takes a free one.', least: 0 }),
    bind: Flags.string({ summary: 'Address to listen on here. Default: loopback.', helpValue: 'ADDRESS' }),
    lanes: Flags.integer({
      summary: 'Sessions to spread connections over.',
      min: 1,
      max: 16,
      default: 1,
      helpValue: 'NUMBER',
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> i-0123456789abcdef0 --remote-port 8080 --local-port 8080',
    '<%= config.bin %> <%= command.id %> tag:Name=bastion --host db.internal --remote-port 5432 --lanes 4',
  ];

  protected async work({ args, flags, aws, out, signal, onEnd }: Work<typeof SsmForward>): Promise<Told> {
    const { openForward, untilForwardEnds } = await import('../../session/open-forward.js');
    const { renderForward } = await import('../../render/ssm/forward.js');
    const { forward, target } = await openForward(
      {
        target: args.target,
        remote: { host: flags.host, port: flags['remote-port'] },
        listen: { host: flags.bind, port: flags['local-port'] ?? 0 },
        lanes: flags.lanes,
      },
      { aws, out, signal, onEnd },
    );
    const facts: ForwardFacts = {
      hosts: forward.address.hosts,
      port: forward.address.port,
      target: target.target,
      remoteHost: flags.host ?? 'localhost',
      remotePort: flags['remote-port'],
      sessionIds: forward.sessionIds,
    };
    out.record(facts);
    if (!out.json) out.data(renderForward(facts, await out.style()));
    await untilForwardEnds(forward, signal);
    return { told: true };
  }
}
