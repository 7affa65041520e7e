import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ContextChange } from '../../ctx/carry-out.js';
import { changeFlags, requiredContextArg } from '../../ctx/flags.js';

export default class CtxRemove extends HawserCommand<typeof CtxRemove, ContextChange> {
  static override summary = 'Take back exactly what ctx init wrote for a context, and forget it.';
  static override description =
    'What somebody has edited since is left, and said, unless --overwrite takes it all the same.\n' +
    'What was chosen before is chosen again.';
  static override aliases = ['ctx:rm'];
  static override args = { name: requiredContextArg() };
  static override flags = {
    overwrite: Flags.boolean({ summary: 'Take back also what was edited since.' }),
    ...changeFlags,
  };
  static override examples = ['<%= config.bin %> <%= command.id %> staging --yes'];

  protected async work({ args, flags, ...context }: Work<typeof CtxRemove>): Promise<Result<ContextChange>> {
    const { applyPlan, planRemoval } = await import('@hawser/contexts');
    const { carryOut } = await import('../../ctx/carry-out.js');
    const { placeHere } = await import('../../ctx/place.js');
    const { overwrite } = flags;
    const plan = await planRemoval({ ...(await placeHere(context)), name: args.name, overwrite });
    return carryOut(plan, { flags, context, apply: (options) => applyPlan(plan, options) });
  }
}
