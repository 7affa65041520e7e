import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Plan } from '@hawser/hf-push';
import { environmentArg, hubFlags } from '../../hf/flags.js';
import { spaceSettingFlags } from '../../hf/space-setting-flags.js';
import { stagingFlags } from '../../hf/staging-flags.js';

/** How `--exit-code` says that something would change. */
const CHANGES_PENDING = 3;

export default class HfPlan extends HawserCommand<typeof HfPlan, Plan> {
  static override summary = 'Show what a push would change, naming every byte by its digest.';
  static override args = { environment: environmentArg() };
  static override flags = {
    ...spaceSettingFlags,
    ...stagingFlags,
    ...hubFlags,
    output: Flags.string({ char: 'o', summary: 'Write the plan to a file, for hf apply.', helpValue: 'FILE' }),
    offline: Flags.boolean({ summary: 'Look at no Space: say what would be in it.' }),
    'exit-code': Flags.boolean({ summary: 'End with 3 when something would change.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> echo_env',
    '<%= config.bin %> <%= command.id %> echo_env --output plan.json',
  ];

  protected async work({ args, flags, ...context }: Work<typeof HfPlan>): Promise<Result<Plan>> {
    const { connectToLook } = await import('../../hf/connect.js');
    const { journalFolderIfThere } = await import('../../hf/journals.js');
    const { writePlan } = await import('../../hf/plan-file.js');
    const { planOptions } = await import('../../hf/plan-options.js');
    const { planPush } = await import('@hawser/hf-push');
    const options = { ...(await planOptions(flags, context)), ...journalFolderIfThere(this.config.dataDir) };
    const hub = flags.offline ? undefined : await connectToLook(flags, context);
    const plan = await planPush(hub, { ...options, environment: args.environment });
    if (flags.output !== undefined) await writePlan(flags.output, plan);
    return {
      data: plan,
      text: async () => (await import('../../render/hf/pushed.js')).renderPlan(plan, await context.out.style()),
      ...(flags['exit-code'] && isPending(plan) ? { exitCode: CHANGES_PENDING } : {}),
    };
  }
}

function isPending({ change, files }: Plan): boolean {
  if (!change?.exists || change.deletes.length + change.settings.length > 0) return true;
  return files.some(({ action }) => action === 'add' || action === 'update');
}
