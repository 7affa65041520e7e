import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ShownSetting } from '../../config/list.js';

export default class ConfigGet extends HawserCommand<typeof ConfigGet, ShownSetting> {
  static override summary = 'Show one setting.';
  static override args = { name: Args.string({ required: true, description: 'Setting, such as aws.region.' }) };
  static override flags = {
    explain: Flags.boolean({ summary: 'Show where the value is from, and what it was preferred to.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> aws.region',
    '<%= config.bin %> <%= command.id %> exec.backend --explain',
  ];

  protected async work({ args, flags, out }: Work<typeof ConfigGet>): Promise<Result<ShownSetting>> {
    const { showSetting } = await import('../../config/list.js');
    const { renderSetting } = await import('../../render/config/settings.js');
    const data = await showSetting(args.name, this.config);
    return { data, text: async () => renderSetting(data, flags, await out.style()) };
  }
}
