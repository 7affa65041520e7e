import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ChangedSetting } from '../../config/change.js';
import { settingArg, whoseFlags } from '../../config/flags.js';

export default class ConfigSet extends HawserCommand<typeof ConfigSet, ChangedSetting> {
  static override summary = "Write a setting into the project's file, or your own.";
  static override description =
    'Comments and order stay as they are. Secrets are not written: they have commands of their own.\nLeaves .hawser.yaml with --project, else config.yaml in your folder of configuration, 0600.';
  static override args = { name: settingArg(), value: Args.string({ required: true, description: 'Value.' }) };
  static override flags = whoseFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> aws.region eu-west-1',
    '<%= config.bin %> <%= command.id %> exec.image node:22 --project',
  ];

  protected async work({ args, flags }: Work<typeof ConfigSet>): Promise<Result<ChangedSetting>> {
    const { changeSetting, tellChange } = await import('../../config/change.js');
    const data = await changeSetting(args.name, args.value, flags.project ? 'project' : 'user', this.config);
    return { data, text: tellChange(data) };
  }
}
