import { durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { backendFlags } from '../../exec/flags.js';
import type { DoctorFacts } from '../../exec/stack/doctor.js';

export default class ExecDoctor extends HawserCommand<typeof ExecDoctor, DoctorFacts> {
  static override summary = 'Say which layer between a command and its execution fails.';
  static override description =
    'Git and isolation of this machine, or of the chosen backend: address, service, key, what its last failures were about, and, where AWS lets you look, each layer of its stack. Ends with 1 when something fails; each finding names the next step.';
  static override flags = {
    ...backendFlags,
    timeout: durationFlag({ summary: 'Wait no longer for each answer than this. Default: 10s.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --local --json',
  ];

  protected async work(work: Work<typeof ExecDoctor>): Promise<Result<DoctorFacts>> {
    const { examine } = await import('../../exec/stack/doctor.js');
    const facts = await work.out.step('Looking around', () => examine(work.flags, { ...work, config: this.config }));
    const { renderChecks } = await import('../../render/doctor.js');
    return {
      data: facts,
      text: async () => renderChecks(facts.checks, await work.out.style()),
      exitCode: facts.checks.some((check) => check.state === 'fail') ? 1 : 0,
    };
  }
}
