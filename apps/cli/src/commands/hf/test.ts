import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { TestReport } from '@hawser/hf-push';
import { environmentArg } from '../../hf/flags.js';

export default class HfTest extends HawserCommand<typeof HfTest, TestReport> {
  static override summary = 'Validate an environment and run its tests; with --docker build its image too.';
  static override args = { environment: environmentArg() };
  static override flags = { docker: Flags.boolean({ summary: 'Build the image, with docker or podman.' }) };
  static override examples = ['<%= config.bin %> <%= command.id %> my_env'];

  protected async work({ args, flags, out, signal }: Work<typeof HfTest>): Promise<Result<TestReport>> {
    const { testEnvironment } = await import('@hawser/hf-push');
    const report = await testEnvironment({
      from: process.cwd(),
      environment: args.environment,
      docker: flags.docker,
      signal,
      onOutput: (text) => out.say(text.trimEnd()),
    });
    return {
      data: report,
      text: async () => {
        const { renderReport } = await import('../../render/hf/report.js');
        const { outcome, reason } = report.unitTests;
        return [
          renderReport(report.validation, await out.style()),
          `unit tests ${outcome}${reason === undefined ? '' : `: ${reason}`}`,
          ...(report.build ? [`image ${report.build.outcome}`] : []),
        ].join('\n');
      },
      exitCode: report.passed ? 0 : 1,
    };
  }
}
