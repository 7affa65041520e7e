import { awsFlags, durationFlag, HawserCommand, targetArg } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import type { RunEnd } from '../../session/run-command.js';

export default class SsmRun extends HawserCommand<typeof SsmRun, RunEnd> {
  static override summary = 'Run a command on a managed node, and end with its exit code.';
  static override description =
    'Standard output and error come apart. Our own ends: 124 ran out of time, 125 never ran, 130 cancelled, 75 the link was lost while the command may still run.';
  static override usage = '<%= command.id %> TARGET [FLAGS] -- COMMAND...';
  static override rest = { name: 'COMMAND', required: true, passesExitCode: true };
  static override args = { target: targetArg() };
  static override flags = {
    ...awsFlags,
    timeout: durationFlag({ summary: 'End the command after this long.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> i-0123456789abcdef0 -- uname -a',
    "<%= config.bin %> <%= command.id %> i-0123456789abcdef0 --timeout 90s -- sh -c 'exit 7'",
  ];

  protected async work(work: Work<typeof SsmRun>): Promise<Result<RunEnd> | Told> {
    const { args, flags, rest, aws, out, signal, onEnd } = work;
    const { openSessionOn } = await import('../../session/open-session.js');
    const { runCommand } = await import('../../session/run-command.js');
    const { quoteCommand } = await import('@hawser/ssm-channel');
    const { session } = await openSessionOn(
      {
        target: args.target,
        document: 'AWS-StartNonInteractiveCommand',
        parameters: { command: [quoteCommand(rest)], separateOutputStream: ['True'] },
      },
      { aws, out, signal, onEnd },
    );
    const ran = await runCommand({ session, capture: out.json, timeoutMs: flags.timeout, signal });
    return out.json ? { data: ran, exitCode: ran.exitCode } : { told: true, exitCode: ran.exitCode };
  }
}
