import { awsFlags, durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Check } from '../doctor/check.js';

export default class Doctor extends HawserCommand<typeof Doctor, { checks: readonly Check[] }> {
  static override summary = 'Check what Hawser needs on this machine.';
  static override description =
    'Node, who AWS takes you for, which session-manager-plugin the AWS CLI would use, and the state folder.\n' +
    'Ends with 1 when something is missing; each finding names the next step.';
  static override flags = {
    ...awsFlags,
    timeout: durationFlag({ summary: 'Wait no longer for AWS than this. Default 5s.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work({
    aws,
    flags,
    out,
    state,
    signal,
  }: Work<typeof Doctor>): Promise<Result<{ checks: readonly Check[] }>> {
    const { runChecks } = await import('../doctor/run-checks.js');
    const checks = await out.step('Looking around', () =>
      runChecks({ aws, environment: process.env, state, timeoutMs: flags.timeout ?? 5000, signal }),
    );
    const { renderChecks } = await import('../render/doctor.js');
    return {
      data: { checks },
      text: async () => renderChecks(checks, await out.style()),
      exitCode: checks.some((check) => check.state === 'fail') ? 1 : 0,
    };
  }
}
