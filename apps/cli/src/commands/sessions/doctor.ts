import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Checked } from '../../doctor/checked.js';
import { serviceFlags } from '../../sessions/flags.js';

interface Examined {
  readonly checks: readonly Checked[];
}

export default class SessionsDoctor extends HawserCommand<typeof SessionsDoctor, Examined> {
  static override summary = 'Check the way to the sessions service, and what this machine can do itself.';
  static override description =
    'Which service is meant and who says so, whether it answers and is ready, what the key may do, and whether the clocks agree. Ends with 1 when something is missing; each finding names the next step.';
  static override flags = serviceFlags;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work(work: Work<typeof SessionsDoctor>): Promise<Result<Examined>> {
    const { examine } = await import('../../sessions/doctor.js');
    const context = { ...work, config: this.config };
    const checks = await work.out.step('Looking around', () => examine(work.flags, context));
    return {
      data: { checks },
      text: async () => {
        const { renderChecks } = await import('../../render/doctor.js');
        return renderChecks(checks, await work.out.style());
      },
      exitCode: checks.some(({ state }) => state === 'fail') ? 1 : 0,
    };
  }
}
