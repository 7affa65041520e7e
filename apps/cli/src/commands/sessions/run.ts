import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import { commandArg, createFlags } from '../../sessions/flags.js';
import type { WatchedSession } from '../../sessions/run.js';

export default class SessionsRun extends HawserCommand<typeof SessionsRun, WatchedSession> {
  static override summary = 'Run a command in a terminal session, show it, and end with its exit code.';
  static override description =
    'On a terminal you type into it, and ~. goes away and leaves it running; elsewhere what it prints is copied to standard output, byte for byte. Where no service is configured one is started on this machine.\n' +
    'Our own ends: 124 ran out of time, 125 never ran, 130 cancelled, 75 not watched any more while it still runs. With --json the output goes to standard error, and standard output is one document at the end.';
  static override usage = '<%= command.id %> [FLAGS] "COMMAND" | -- PROGRAM [ARGUMENT...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override passesExitCode = true;
  static override args = { command: commandArg() };
  static override flags = {
    ...createFlags,
    'on-interrupt': Flags.option({
      summary:
        'What Ctrl-C does where no terminal is attached. Default: goes away, and a second one cancels; in scripts it cancels.',
      options: ['detach', 'cancel'] as const,
    })(),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> "echo hello"',
    "<%= config.bin %> <%= command.id %> -- sh -c 'exit 0'",
    '<%= config.bin %> <%= command.id %> --prompt "Hi" --json "echo $HAWSER_PROMPT"',
  ];

  protected async work(work: Work<typeof SessionsRun>): Promise<Result<WatchedSession> | Told> {
    const { runSession } = await import('../../sessions/run.js');
    const words = { words: work.args.command ?? [], rest: work.rest };
    const watched = await runSession(words, work.flags, { ...work, config: this.config });
    const { code: exitCode } = watched.exit;
    return work.out.json ? { data: watched, exitCode } : { told: true, exitCode };
  }
}
