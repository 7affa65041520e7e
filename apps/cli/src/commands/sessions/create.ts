import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { CreatedSession } from '@hawser/k8s-sessions/protocol';
import { commandArg, createFlags } from '../../sessions/flags.js';

export default class SessionsCreate extends HawserCommand<typeof SessionsCreate, CreatedSession> {
  static override summary = 'Create a terminal session, and print the link to it.';
  static override description =
    'The command begins at once, whether anybody looks or not. The link works once, for five minutes; whoever opened it may refresh and come back. Where no service is configured one is started on this machine.';
  static override usage = '<%= command.id %> [FLAGS] "COMMAND" | -- PROGRAM [ARGUMENT...]';
  static override rest = { name: 'COMMAND' };
  static override args = { command: commandArg() };
  static override flags = createFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> "echo hello"',
    '<%= config.bin %> <%= command.id %> --label kind=probe --json -- uname -a',
  ];

  protected async work(work: Work<typeof SessionsCreate>): Promise<Result<CreatedSession>> {
    const { createSession } = await import('../../sessions/run.js');
    const words = { words: work.args.command ?? [], rest: work.rest };
    const { created } = await createSession(words, work.flags, { ...work, config: this.config });
    // The link is what was asked for.
    work.out.show(created.token);
    work.out.say(`→ Session ${created.sessionId}; the link works once, until ${created.ticketExpiresAt}.`);
    return { data: created, text: created.terminalUrl };
  }
}
