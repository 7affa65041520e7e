import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { afterPushFlags, hubFlags } from '../../hf/flags.js';
import type { Pushed } from '../../hf/push-context.js';
import { spaceSettingFlags } from '../../hf/space-setting-flags.js';
import { stagingFlags } from '../../hf/staging-flags.js';
import { receiptFlag } from '../../receipts/flag.js';

export default class HfPush extends HawserCommand<typeof HfPush, { readonly pushes: readonly Pushed[] }> {
  static override summary = 'Publish OpenEnv environments to Hugging Face Spaces.';
  static override description =
    'Stages the environment, makes the Space if there is none, sends what differs in one commit, and proves that the Space holds exactly that. When nothing differs there is no commit. What it will do is shown by --dry-run, or by hf plan.';
  static override usage = '<%= command.id %> ENVIRONMENT... [FLAGS]';
  static override args = {
    environment: Args.string({
      required: true,
      multiple: true,
      description: 'Environments in src/envs/, envs/ or ./, or the paths of their folders.',
    }),
  };
  static override flags = {
    ...spaceSettingFlags,
    ...stagingFlags,
    'keep-staging': Flags.boolean({ summary: 'Keep the staged files after the push, too.', helpGroup: 'STAGING' }),
    'staging-dir': Flags.string({
      summary: 'Keep staged files below this folder, when they are kept. Default: hf-staging.',
      helpGroup: 'STAGING',
      helpValue: 'FOLDER',
      default: 'hf-staging',
    }),
    ...afterPushFlags,
    ...hubFlags,
    'dry-run': Flags.boolean({
      summary: 'Prepare everything, change nothing, and keep the staged files.',
      exclusive: ['receipt'],
    }),
    'create-only': Flags.boolean({ summary: 'Refuse when the Space is there already.' }),
    pr: Flags.boolean({ summary: 'Propose the change as a pull request.' }),
    message: Flags.string({ summary: 'First line of the commit.', helpValue: 'TEXT' }),
    receipt: receiptFlag('AFTERWARDS'),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> echo_env',
    '<%= config.bin %> <%= command.id %> coding_env --namespace my-org',
    '<%= config.bin %> <%= command.id %> echo_env --space-name my-custom-space',
    '<%= config.bin %> <%= command.id %> echo_env --namespace my-org --space-name my-custom-space',
    '<%= config.bin %> <%= command.id %> echo_env --private',
    '<%= config.bin %> <%= command.id %> echo_env --base-image ghcr.io/my-org/custom-base:latest',
    '<%= config.bin %> <%= command.id %> echo_env --dry-run',
    '<%= config.bin %> <%= command.id %> echo_env coding_env --wait --rollback-on-failure',
  ];

  protected async work(work: Work<typeof HfPush>): Promise<Result<{ readonly pushes: readonly Pushed[] }>> {
    const environments = work.args.environment;
    const { dataDir, version } = this.config;
    const context = { ...work, dataDir, version };
    const pushes = work.flags['dry-run']
      ? await (await import('../../hf/preview-pushes.js')).previewPushes(environments, context)
      : await (await import('../../hf/push-environments.js')).pushEnvironments(environments, context);
    return {
      data: { pushes },
      text: async () => {
        const { renderPushed } = await import('../../render/hf/pushed.js');
        const style = await work.out.style();
        return pushes.map((each) => renderPushed(each, style)).join('\n');
      },
      warnings: pushes.flatMap(warningsOf),
      exitCode: pushes.some((each) => 'error' in each) ? 1 : 0,
    };
  }
}

/** What validation would warn of; notes are for who asks it. */
function warningsOf(pushed: Pushed): readonly string[] {
  if ('error' in pushed) return [];
  const { findings } = 'result' in pushed ? pushed.result : pushed.plan;
  return findings
    .filter(({ severity }) => severity === 'warning')
    .map(({ message }) => `${pushed.environment}: ${message}`);
}
