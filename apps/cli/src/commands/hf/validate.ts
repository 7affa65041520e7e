import { Args, Flags } from '@oclif/core';
import { CliKitError, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { LiveReport, SarifLog, ValidationReport } from '@hawser/hf-push';

type Report = ValidationReport | SarifLog | LiveReport;

export default class HfValidate extends HawserCommand<typeof HfValidate, Report> {
  static override summary = 'Say what is wrong with an environment, or with a server that runs.';
  static override description =
    'Needs neither a Hub nor Docker: a build is predicted. Every finding names its rule; errors end it with 1. Rules of plugins are held to as well, and named PLUGIN/RULE.';
  static override usage = '<%= command.id %> (ENVIRONMENT | --url URL) [FLAGS]';
  static override args = {
    environment: Args.string({ description: 'Environment in src/envs/, envs/ or ./, or the path of its folder.' }),
  };
  static override flags = {
    url: Flags.string({
      summary: 'Hold the server at this address to the rules of OpenEnv, instead of an environment.',
      helpValue: 'URL',
      exclusive: ['sarif', 'base-image'],
    }),
    sarif: Flags.boolean({ summary: 'Print SARIF 2.1.0.' }),
    'base-image': Flags.string({ summary: 'Judge a push with this base image.', helpValue: 'IMAGE' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> my_env',
    '<%= config.bin %> <%= command.id %> my_env --sarif > my_env.sarif',
    '<%= config.bin %> <%= command.id %> --url http://127.0.0.1:8000',
  ];

  protected async work(work: Work<typeof HfValidate>): Promise<Result<Report>> {
    const { args, flags, out, signal } = work;
    const { environment } = args;
    if ((environment === undefined) === (flags.url === undefined))
      throw new CliKitError('HAWSER_CLI_USAGE', 'Either an environment or --url is wanted.');
    const { toSarif, validateEnvironment, validateLive } = await import('@hawser/hf-push');
    const { renderLive, renderReport } = await import('../../render/hf/report.js');
    if (environment === undefined) {
      const live = await validateLive(flags.url ?? '', { signal });
      return {
        data: live,
        text: async () => renderLive(live, await out.style()),
        exitCode: live.passed ? 0 : 1,
      };
    }
    const { judgeByPlugins } = await import('../../plugins/hf.js');
    const own = await validateEnvironment({
      from: process.cwd(),
      environment,
      signal,
      ...(flags['base-image'] === undefined ? {} : { baseImage: flags['base-image'] }),
    });
    const { report, asks } = await judgeByPlugins(own, work);
    const exitCode = report.passed ? 0 : 1;
    if (flags.sarif) {
      const sarif = toSarif(report, asks);
      return { data: sarif, text: JSON.stringify(sarif, null, 2), exitCode };
    }
    return { data: report, text: async () => renderReport(report, await out.style()), exitCode };
  }
}
