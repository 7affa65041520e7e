import { Flags } from '@oclif/core';
import { HawserCommand, type Told, type Work } from '@hawser/cli-kit';
import { partNames } from '../../local/parts.js';

/** A line of the log, with `--json`. */
interface LocalLogLine {
  /** ISO 8601, UTC; empty for what no part has said. */
  readonly at: string;
  /** A part, or `stack`. */
  readonly part: string;
  readonly text: string;
}

export default class LocalLogs extends HawserCommand<typeof LocalLogs, LocalLogLine> {
  static override summary = 'Show what was asked of the parts of hawser local, and what became of them.';
  static override description = 'With --json an object a line.';
  static override flags = {
    follow: Flags.boolean({ char: 'f', summary: 'Go on with what comes, until Ctrl-C.' }),
    part: Flags.option({ summary: 'Only this part. May be repeated.', options: partNames, multiple: true })(),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --part hub',
    '<%= config.bin %> <%= command.id %> --follow',
  ];

  protected async work({ flags, out, signal }: Work<typeof LocalLogs>): Promise<Told> {
    const { stackPlaces } = await import('../../local/places.js');
    const { followLog } = await import('../../local/follow-log.js');
    const onLine = (line: string): void => {
      const [, at = '', part = 'stack', text = line] = /^(\d{4}-\S+Z) (\w+) +(.*)$/.exec(line) ?? [];
      if (flags.part && !flags.part.some((name) => name === part)) return;
      out.record({ at, part, text } satisfies LocalLogLine);
      out.data(line);
    };
    await followLog(stackPlaces(this.config).log, { follow: flags.follow, signal, onLine });
    return { told: true };
  }
}
