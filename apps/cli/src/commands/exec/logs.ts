import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { LogEvent } from '@hawser/exec-client/contract';
import { backendFlags, idArg } from '../../exec/flags.js';

export default class ExecLogs extends HawserCommand<typeof ExecLogs, never, LogEvent> {
  static override summary = 'Show what an execution printed.';
  static override description =
    'Standard output is what the command printed, byte for byte. With --json each line is an object with seq, ts, stream and message.\n' +
    'Ends with 1 when lines are missing from a log that has ended.';
  static override args = { id: idArg() };
  static override flags = {
    ...backendFlags,
    follow: Flags.boolean({ char: 'f', summary: 'Go on as lines come, until it ends or Ctrl-C.' }),
    clone: Flags.boolean({ summary: 'Show what git said while the repository was cloned, too.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> exec_20261121',
    '<%= config.bin %> <%= command.id %> exec_20261121 --follow --json',
  ];

  protected async work(work: Work<typeof ExecLogs>): Promise<Told> {
    const { openService } = await import('../../exec/service.js');
    const { showLog } = await import('../../exec/show-log.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const isComplete = await showLog(client, work.args.id, work.flags, work);
    return isComplete ? { told: true } : { told: true, exitCode: 1 };
  }
}
