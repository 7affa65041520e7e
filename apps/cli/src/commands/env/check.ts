import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { EnvFacts } from '../../env/facts.js';
import { envFlags } from '../../env/flags.js';

export default class EnvCheck extends HawserCommand<typeof EnvCheck, EnvFacts> {
  static override summary = 'Fail when .env.TARGET is not what env write would make of it.';
  static override description = 'Ends with 1 when the file is missing or out of date; changes nothing.';
  static override flags = envFlags;
  static override examples = ['<%= config.bin %> <%= command.id %> --target staging'];

  protected async work({ flags, ...context }: Work<typeof EnvCheck>): Promise<Result<EnvFacts>> {
    const { checkEnv } = await import('@hawser/contexts');
    const { envFacts } = await import('../../env/facts.js');
    const { planHere } = await import('../../env/plan-here.js');
    const { renderEnv } = await import('../../render/env/file.js');
    const options = await planHere(flags, context);
    const data = envFacts(options.plan, await checkEnv(options));
    return {
      data,
      text: async () => renderEnv(data, flags.explain, await context.out.style()),
      warnings: options.plan.warnings,
    };
  }
}
