import { Args } from '@oclif/core';
import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';

interface Executed {
  readonly sessionId: string;
  readonly cluster: string;
  readonly task: string;
  readonly container: string;
  readonly exitCode?: number;
}

export default class EcsExec extends HawserCommand<typeof EcsExec, Executed> {
  static override summary = 'Open a shell in a container of ECS, or run a command there.';
  static override description =
    'With a command behind -- it ends with the exit code of that; the container needs sh for it. Our own ends: 125 never ran, 130 cancelled, 75 the link was lost while the command may still run.';
  static override usage = '<%= command.id %> TARGET [FLAGS] [-- COMMAND...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override args = {
    target: Args.string({
      required: true,
      description: 'CLUSTER/TASK, or CLUSTER/TASK/CONTAINER where it has several.',
    }),
  };
  static override flags = { ...awsFlags };
  static override examples = [
    '<%= config.bin %> <%= command.id %> default/0123456789abcdef0123456789abcdef/app',
    '<%= config.bin %> <%= command.id %> default/0123456789abcdef0123456789abcdef/app -- ls /srv',
  ];

  protected async work({ args, rest, aws, out, signal, onEnd }: Work<typeof EcsExec>): Promise<Result<Executed>> {
    const { executeIn } = await import('../../session/execute-in.js');
    const { exitCode, ...executed } = await executeIn(
      { target: args.target, command: rest },
      { aws, out, signal, onEnd },
    );
    return {
      data: { ...executed, ...(exitCode === undefined ? {} : { exitCode }) },
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  }
}
