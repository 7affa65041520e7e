import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import type { Attached } from '../../sessions/attach.js';
import { serviceFlags } from '../../sessions/flags.js';

export default class SessionsAttach extends HawserCommand<typeof SessionsAttach, Attached> {
  static override summary = 'Put this terminal on a session: see it from where it is, and type.';
  static override description =
    'Connections that are cut are made again, and nothing is lost or typed twice. ~. at the start of a line goes away and leaves it running: exit code 75. When the command ends, its exit code is ours.';
  static override passesExitCode = true;
  static override args = {
    session: Args.string({
      required: true,
      description: 'Session: its id, a beginning of it that is unique, or a link.',
    }),
  };
  static override flags = {
    ...serviceFlags,
    'read-only': Flags.boolean({ char: 'r', summary: 'Only look.', exclusive: ['take'] }),
    take: Flags.boolean({ summary: 'Take the keyboard from whoever has it.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3f2a',
    '<%= config.bin %> <%= command.id %> --read-only "https://sessions.example.com/ws/3f2a…#t=…"',
  ];

  protected async work(work: Work<typeof SessionsAttach>): Promise<Result<Attached> | Told> {
    const { attachTo } = await import('../../sessions/attach.js');
    const attached = await attachTo(work.args.session, work.flags, { ...work, config: this.config });
    const { code: exitCode } = attached.exit;
    return work.out.json ? { data: attached, exitCode } : { told: true, exitCode };
  }
}
