import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ContextChange } from '../../ctx/carry-out.js';
import { changeFlags, contextArg, targetFlags } from '../../ctx/flags.js';

export default class CtxInit extends HawserCommand<typeof CtxInit, ContextChange> {
  static override summary =
    'Point Prefect and kubectl somewhere: write a profile and a kubeconfig entry, and choose them.';
  static override description =
    'Shows what it would change, asks on a terminal, and changes all of it or nothing.\n' +
    'What is there already and differs is only replaced with --overwrite. A second run has nothing to do.\n' +
    'The kubeconfig entry makes its tokens with hawser itself: no AWS CLI is needed. Leaves profiles.toml of Prefect, the kubeconfig, and .hawser/contexts.json.';
  static override args = { name: contextArg() };
  static override flags = { ...targetFlags, ...changeFlags, ...awsFlags };
  static override examples = [
    '<%= config.bin %> <%= command.id %> staging --prefect-url http://127.0.0.1:4200/api',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> staging --eks-cluster staging --region eu-west-1 --namespace web',
  ];

  protected async work({ args, flags, ...context }: Work<typeof CtxInit>): Promise<Result<ContextChange>> {
    const { applyByPrefect, applyPlan, planContext } = await import('@hawser/contexts');
    const { carryOut } = await import('../../ctx/carry-out.js');
    const { wishOf } = await import('../../ctx/wish.js');
    const { lookUpTunnels } = await import('../../net/lookup.js');
    const { root } = this.config;
    const wish = await wishOf(args.name, flags, { ...context, root, tunnels: lookUpTunnels(context) });
    const plan = await planContext(wish);
    return carryOut(plan, {
      flags,
      context,
      apply: (options) => (flags['via-cli'] ? applyByPrefect(plan, wish, options) : applyPlan(plan, options)),
    });
  }
}
