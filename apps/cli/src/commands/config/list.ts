import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ShownSetting } from '../../config/list.js';

export default class ConfigList extends HawserCommand<typeof ConfigList, readonly ShownSetting[]> {
  static override summary = 'Show what is configured, and where each value is from.';
  static override description =
    "A flag goes before a variable, that before the project's file, that before your own, and that before the default.\n" +
    'Secrets are shown as set or not set.';
  static override args = { topic: Args.string({ description: 'Topic, such as aws, or setting. Default: all.' }) };
  static override flags = {
    explain: Flags.boolean({ summary: 'Show defaults too, where each value is from, and what it was preferred to.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --explain',
    '<%= config.bin %> <%= command.id %> aws --explain --json',
  ];

  protected async work({ args, flags, out }: Work<typeof ConfigList>): Promise<Result<readonly ShownSetting[]>> {
    const { listSettings } = await import('../../config/list.js');
    const { renderSettings } = await import('../../render/config/settings.js');
    const data = await listSettings(args.topic, this.config);
    return { data, text: async () => renderSettings(data, flags, await out.style()) };
  }
}
