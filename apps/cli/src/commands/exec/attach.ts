import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Attached } from '../../exec/attach.js';
import { backendFlags, idArg } from '../../exec/flags.js';

export default class ExecAttach extends HawserCommand<typeof ExecAttach, Attached> {
  static override summary = 'Open a shell in the container of a running execution, or run a command there.';
  static override description =
    'For executions on AWS Fargate that were started with --attachable: it goes through Session Manager, and ends with the exit code of the shell or command. Going away leaves the execution alone. Our own ends: 125 never ran, 130 cancelled, 75 the link was lost while it may still run.';
  static override usage = '<%= command.id %> ID [FLAGS] [-- COMMAND...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override passesExitCode = true;
  static override args = { id: idArg() };
  static override flags = { ...backendFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> exec_20261121 -- ps aux'];

  protected async work(work: Work<typeof ExecAttach>): Promise<Result<Attached>> {
    const { attachTo } = await import('../../exec/attach.js');
    const { attached, exitCode } = await attachTo(work.args.id, work.flags, { ...work, config: this.config });
    return { data: attached, exitCode };
  }
}
