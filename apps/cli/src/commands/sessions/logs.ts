import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import type { LogCopied } from '../../sessions/logs.js';
import { serviceFlags, sessionArg } from '../../sessions/flags.js';

export default class SessionsLogs extends HawserCommand<typeof SessionsLogs, LogCopied> {
  static override summary = 'Print the log of a session, from its first byte.';
  static override description =
    'It is there while the command runs and long after. transcript is the form that hawser sessions verify checks, with the chain of its segments and the receipt; cast is for asciinema.';
  static override args = { session: sessionArg() };
  static override flags = {
    ...serviceFlags,
    format: Flags.option({
      summary: 'As what: the bytes, text without colours, a page, a recording, or what can be verified.',
      options: ['raw', 'text', 'html', 'cast', 'transcript'] as const,
      default: 'raw' as const,
    })(),
    follow: Flags.boolean({ char: 'f', summary: 'Go on until the command ends.', exclusive: ['output'] }),
    output: Flags.string({ char: 'o', summary: 'Write it into this file.', helpValue: 'FILE' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3f2a',
    '<%= config.bin %> <%= command.id %> 3f2a --format cast --output session.cast',
  ];

  protected async work(work: Work<typeof SessionsLogs>): Promise<Result<LogCopied> | Told> {
    const { copyLog } = await import('../../sessions/logs.js');
    const copied = await copyLog(work.args.session, work.flags, { ...work, config: this.config });
    if (work.out.json) return { data: copied };
    if (copied.file !== undefined) work.out.say(`Wrote ${copied.bytes} bytes to ${copied.file}.`);
    return { told: true };
  }
}
