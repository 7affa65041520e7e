import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ContextChange } from '../../ctx/carry-out.js';
import { changeFlags, requiredContextArg } from '../../ctx/flags.js';

export default class CtxUse extends HawserCommand<typeof CtxUse, ContextChange> {
  static override summary = 'Make the profile and the kubectl context of a context the chosen ones.';
  static override description =
    'Changes profiles.toml of Prefect, the kubeconfig and .hawser/contexts.json, all of them or none.';
  static override args = { name: requiredContextArg() };
  static override flags = { ...changeFlags };
  static override examples = ['<%= config.bin %> <%= command.id %> staging'];

  protected async work({ args, flags, ...context }: Work<typeof CtxUse>): Promise<Result<ContextChange>> {
    const { applyPlan, planUse } = await import('@hawser/contexts');
    const { carryOut } = await import('../../ctx/carry-out.js');
    const { placeHere } = await import('../../ctx/place.js');
    const plan = await planUse({ ...(await placeHere(context)), name: args.name });
    // A choice is easily made again: it is not asked for.
    return carryOut(plan, { flags: { ...flags, yes: true }, context, apply: (options) => applyPlan(plan, options) });
  }
}
