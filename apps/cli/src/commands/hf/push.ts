import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Plan, PushResult } from '@hawser/hf-push';
import { hubFlags, timeoutFlag } from '../../hf/flags.js';
import { spaceSettingFlags } from '../../hf/space-setting-flags.js';
import { stagingFlags } from '../../hf/staging-flags.js';

/** What one push did, or would do. */
type Pushed = { readonly environment: string } & (
  | { readonly result: PushResult }
  | { readonly plan: Plan; readonly staging: string }
);

export default class HfPush extends HawserCommand<typeof HfPush, { readonly pushes: readonly Pushed[] }> {
  static override summary = 'Publish OpenEnv environments to Hugging Face Spaces.';
  static override description =
    'Stages the environment, makes the Space if there is none, sends what differs in one commit, and proves that the Space holds exactly that. When nothing differs there is no commit. What it will do is shown by --dry-run, or by hf plan.';
  static override args = {
    environment: Args.string({
      required: true,
      multiple: true,
      description: 'Environment in src/envs/, envs/ or ./, or the path of its folder.',
    }),
  };
  static override flags = {
    ...spaceSettingFlags,
    ...stagingFlags,
    ...hubFlags,
    'dry-run': Flags.boolean({ summary: 'Prepare everything, change nothing, and keep the staged files.' }),
    'create-only': Flags.boolean({ summary: 'Refuse when the Space is there already.' }),
    pr: Flags.boolean({ summary: 'Propose the change as a pull request.' }),
    message: Flags.string({ summary: 'First line of the commit.', helpValue: 'TEXT' }),
    wait: Flags.boolean({ summary: 'Wait until the Space runs.' }),
    timeout: timeoutFlag,
    'rollback-on-failure': Flags.boolean({ summary: 'Go back to the commit before when the Space does not run.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> echo_env',
    '<%= config.bin %> <%= command.id %> coding_env --namespace my-org',
    '<%= config.bin %> <%= command.id %> echo_env --space-name my-custom-space',
    '<%= config.bin %> <%= command.id %> echo_env --namespace my-org --space-name my-custom-space',
    '<%= config.bin %> <%= command.id %> echo_env --private',
    '<%= config.bin %> <%= command.id %> echo_env --base-image ghcr.io/my-org/custom-base:latest',
    '<%= config.bin %> <%= command.id %> echo_env --dry-run',
  ];

  protected async work(work: Work<typeof HfPush>): Promise<Result<{ readonly pushes: readonly Pushed[] }>> {
    const { pushOne } = await import('../../hf/push-one.js');
    const environments = work.args.environment as unknown as readonly string[];
    const pushes: Pushed[] = [];
    for (const environment of environments) pushes.push({ environment, ...(await pushOne(environment, work)) });
    return {
      data: { pushes },
      text: async () => {
        const { renderPushed } = await import('../../render/hf/pushed.js');
        const style = await work.out.style();
        return pushes.map((each) => renderPushed(each, style)).join('\n');
      },
    };
  }
}
