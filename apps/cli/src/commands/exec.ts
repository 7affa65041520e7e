import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import { runFlags } from '../exec/flags.js';
import type { Watched } from '../exec/outcome.js';
import { commands } from '../start/commands.js';

export default class Exec extends HawserCommand<typeof Exec, Watched> {
  static override summary = 'Run a command in a clean clone somewhere else, and end with its exit code.';
  static override description =
    'One argument in quotes is a command for a shell; the words behind -- are a program and its exact arguments. It runs in a clean clone of the repository you stand in, on the backend of the project, or on this machine where none is configured; it says first where that is, and where each value came from.\n' +
    'Standard output is what the command prints, byte for byte; everything else is on standard error.\n' +
    'Commands that change state (terraform apply, pulumi up, ansible-playbook …) take the lock of their repository, folder and workspace, and queue for it.\n' +
    'Our own ends: 124 ran out of time, 125 never ran, 130 cancelled, 75 not watched any more while it still runs. With --json the output goes to standard error, and standard output is one document at the end.';
  static override usage = '<%= command.id %> [FLAGS] "COMMAND" | -- PROGRAM [ARGUMENT...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override passesExitCode = true;
  static override args = {
    command: Args.string({ multiple: true, description: 'Command for a shell, as one word: quote it.' }),
  };
  static override flags = runFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> "echo hello"',
    "<%= config.bin %> <%= command.id %> --branch main --env GREETING=hi 'echo $GREETING; exit 7'",
    '<%= config.bin %> <%= command.id %> --lock deploy --timeout 10m -- git log -1 --format=%s',
    '<%= config.bin %> <%= command.id %> --no-repo --detach --label kind=probe "uname -a"',
  ];

  protected async work(work: Work<typeof Exec>): Promise<Result<Watched> | Told> {
    const { runCommand } = await import('../exec/run.js');
    const verbs = Object.keys(commands).flatMap((id) => (id.startsWith('exec:') ? [id.slice('exec:'.length)] : []));
    const watched = await runCommand({ words: work.args.command ?? [], rest: work.rest, verbs }, work.flags, {
      ...work,
      config: this.config,
    });
    const { code: exitCode } = watched.exit;
    return work.out.json ? { data: watched, exitCode } : { told: true, exitCode };
  }
}
