import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SarifLog, ValidationReport } from '@hawser/hf-push';

export default class HfValidate extends HawserCommand<typeof HfValidate, ValidationReport | SarifLog> {
  static override summary = 'Say what is wrong with an environment before it is pushed.';
  static override args = {
    environment: Args.string({ required: true, description: 'Environment, or the path of its folder.' }),
  };
  static override flags = {
    sarif: Flags.boolean({ summary: 'Print SARIF 2.1.0.' }),
    'base-image': Flags.string({ summary: 'Judge a push with this base image.', helpValue: 'IMAGE' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> my_env'];

  protected async work({
    args,
    flags,
    out,
    signal,
  }: Work<typeof HfValidate>): Promise<Result<ValidationReport | SarifLog>> {
    const { toSarif, validateEnvironment } = await import('@hawser/hf-push');
    const report = await validateEnvironment({
      from: process.cwd(),
      environment: args.environment,
      signal,
      ...(flags['base-image'] === undefined ? {} : { baseImage: flags['base-image'] }),
    });
    const exitCode = report.passed ? 0 : 1;
    if (flags.sarif) {
      const sarif = toSarif(report);
      return { data: sarif, text: JSON.stringify(sarif, null, 2), exitCode };
    }
    return {
      data: report,
      text: async () => (await import('../../render/hf/report.js')).renderReport(report, await out.style()),
      exitCode,
    };
  }
}
