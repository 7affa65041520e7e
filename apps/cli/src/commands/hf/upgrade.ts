import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { UpgradeResult } from '@hawser/hf-push';
import { environmentArg } from '../../hf/flags.js';

export default class HfUpgrade extends HawserCommand<typeof HfUpgrade, UpgradeResult> {
  static override summary = 'Move an environment to another version of OpenEnv.';
  static override args = { environment: environmentArg() };
  static override flags = {
    'to-version': Flags.string({ required: true, summary: 'Version of OpenEnv.', helpValue: 'VERSION' }),
    'dry-run': Flags.boolean({ summary: 'Show what would change, and change nothing.' }),
    force: Flags.boolean({ summary: 'Go on over changes that are not committed.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> my_env --to-version 0.10.0 --dry-run'];

  protected async work({ args, flags, signal }: Work<typeof HfUpgrade>): Promise<Result<UpgradeResult>> {
    const { upgradeEnvironment } = await import('@hawser/hf-push');
    const result = await upgradeEnvironment({
      from: process.cwd(),
      environment: args.environment,
      toVersion: flags['to-version'],
      dryRun: flags['dry-run'],
      force: flags.force,
      signal,
    });
    const said = result.changes.map(({ diff }) => diff);
    const end =
      result.changes.length === 0
        ? 'Nothing to do.'
        : result.applied
          ? `Backup in ${result.backup}`
          : 'Nothing was changed.';
    return { data: result, text: [...said, end].join('\n'), warnings: result.remarks };
  }
}
