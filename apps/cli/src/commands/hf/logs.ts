import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { LogLine } from '@hawser/hf-push';
import { hubFlags, spaceArg } from '../../hf/flags.js';

export default class HfLogs extends HawserCommand<typeof HfLogs, never, LogLine> {
  static override summary = 'Show what a Space printed, or the log of its build.';
  static override description = 'With --json each line is an object with line and timestamp.';
  static override args = { space: spaceArg() };
  static override flags = {
    ...hubFlags,
    build: Flags.boolean({ summary: 'Show the log of the build, not of the app.' }),
    follow: Flags.boolean({ char: 'f', summary: 'Go on as lines come, until Ctrl-C.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> echo_env --build',
    '<%= config.bin %> <%= command.id %> echo_env --follow',
  ];

  protected async work({ args, flags, out, signal }: Work<typeof HfLogs>): Promise<Told> {
    const { connect } = await import('../../hf/connect.js');
    const { spaceOf } = await import('../../hf/space-of.js');
    const { followLogs } = await import('@hawser/hf-push');
    const { hub } = await connect(flags, { out, signal });
    const space = await spaceOf(hub, args.space);
    const lines = followLogs(hub, space, { log: flags.build ? 'build' : 'run', follow: flags.follow, signal });
    for await (const line of lines) {
      out.record(line);
      out.data(line.line);
    }
    return { told: true };
  }
}
