import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ChangedSetting } from '../../config/change.js';
import { settingArg, whoseFlags } from '../../config/flags.js';

export default class ConfigUnset extends HawserCommand<typeof ConfigUnset, ChangedSetting> {
  static override summary = "Take a setting out of the project's file, or your own.";
  static override description = 'Comments and order stay as they are. What is not there is no error.';
  static override args = { name: settingArg() };
  static override flags = whoseFlags;
  static override examples = ['<%= config.bin %> <%= command.id %> aws.region'];

  protected async work({ args, flags }: Work<typeof ConfigUnset>): Promise<Result<ChangedSetting>> {
    const { changeSetting, tellChange } = await import('../../config/change.js');
    const data = await changeSetting(args.name, undefined, flags.project ? 'project' : 'user', this.config);
    return { data, text: tellChange(data) };
  }
}
