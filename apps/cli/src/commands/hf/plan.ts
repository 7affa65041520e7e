import { writeFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Plan } from '@hawser/hf-push';
import { hubFlags } from '../../hf/flags.js';
import { spaceSettingFlags } from '../../hf/space-setting-flags.js';
import { stagingFlags } from '../../hf/staging-flags.js';

/** How `--exit-code` says that something would change. */
const CHANGES_PENDING = 3;

export default class HfPlan extends HawserCommand<typeof HfPlan, Plan> {
  static override summary = 'Show what a push would change, naming every byte by its digest.';
  static override args = {
    environment: Args.string({ required: true, description: 'Environment, or the path of its folder.' }),
  };
  static override flags = {
    ...spaceSettingFlags,
    ...stagingFlags,
    ...hubFlags,
    output: Flags.string({ char: 'o', summary: 'Write the plan to a file, for hf apply.', helpValue: 'FILE' }),
    offline: Flags.boolean({ summary: 'Do not look at the Space.' }),
    'exit-code': Flags.boolean({ summary: 'End with 3 when something would change.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> echo_env',
    '<%= config.bin %> <%= command.id %> echo_env --output plan.json',
  ];

  protected async work({ args, flags, ...context }: Work<typeof HfPlan>): Promise<Result<Plan>> {
    const { connect } = await import('../../hf/connect.js');
    const { planOptions } = await import('../../hf/plan-options.js');
    const { planPush } = await import('@hawser/hf-push');
    const { hub, found } = await connect(flags, context);
    const options = await planOptions(args.environment, flags, context);
    const plan = await planPush(found && !flags.offline ? hub : undefined, options);
    if (flags.output !== undefined) await writeFile(flags.output, `${JSON.stringify(plan, null, 2)}\n`);
    const { change } = plan;
    const isPending =
      !change?.exists ||
      change.deletes.length + change.settings.length > 0 ||
      plan.files.some(({ action }) => action === 'add' || action === 'update');
    return {
      data: plan,
      text: async () => (await import('../../render/hf/pushed.js')).renderPlan(plan, await context.out.style()),
      ...(flags['exit-code'] && isPending ? { exitCode: CHANGES_PENDING } : {}),
    };
  }
}
