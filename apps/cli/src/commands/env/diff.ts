import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { EnvFacts } from '../../env/facts.js';
import { envFlags } from '../../env/flags.js';

export default class EnvDiff extends HawserCommand<typeof EnvDiff, EnvFacts> {
  static override summary = 'Show what env write would change, by name.';
  static override flags = envFlags;
  static override examples = ['<%= config.bin %> <%= command.id %> --target staging'];

  protected async work({ flags, ...context }: Work<typeof EnvDiff>): Promise<Result<EnvFacts>> {
    const { diffEnv } = await import('@hawser/contexts');
    const { envFacts } = await import('../../env/facts.js');
    const { planHere } = await import('../../env/plan-here.js');
    const { renderEnv } = await import('../../render/env/file.js');
    const options = await planHere(flags, context);
    const data = envFacts(options.plan, await diffEnv(options));
    return {
      data,
      text: async () => renderEnv(data, flags.explain, await context.out.style()),
      warnings: options.plan.warnings,
    };
  }
}
