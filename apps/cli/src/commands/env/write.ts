import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { EnvFacts } from '../../env/facts.js';
import { envFlags } from '../../env/flags.js';

export default class EnvWrite extends HawserCommand<typeof EnvWrite, EnvFacts> {
  static override summary = 'Write .env.TARGET, with values that every reader reads alike.';
  static override description =
    'Each value is from a flag, else a live tunnel, the context, Vault (HAWSER_VAULT_ADDR) or a default.\n' +
    'Ours stands between two marks; what was written by hand stays as it is. What is there and would change is\n' +
    'changed only with --overwrite. The file is readable by its owner only.';
  static override flags = {
    ...envFlags,
    overwrite: Flags.boolean({
      summary: 'Change what is there, and take out lines by hand that set a variable of ours.',
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --target staging --explain',
    '<%= config.bin %> <%= command.id %> --target local --prefect-url http://127.0.0.1:4200/api --format posix',
  ];

  protected async work({ flags, ...context }: Work<typeof EnvWrite>): Promise<Result<EnvFacts>> {
    const { writeEnv } = await import('@hawser/contexts');
    const { envFacts } = await import('../../env/facts.js');
    const { planHere } = await import('../../env/plan-here.js');
    const { renderEnv } = await import('../../render/env/file.js');
    const options = await planHere(flags, context);
    const written = await writeEnv({ ...options, overwrite: flags.overwrite });
    const data = envFacts(options.plan, written);
    const tracked = `Git would take ${written.path} into a commit: add .env.* to .gitignore.`;
    return {
      data,
      text: async () => renderEnv(data, flags.explain, await context.out.style()),
      warnings: [...options.plan.warnings, ...(written.tracked ? [tracked] : [])],
    };
  }
}
