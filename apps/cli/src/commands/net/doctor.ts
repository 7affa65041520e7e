import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { DiagnosisFacts } from '../../net/doctor.js';
import { formFlags } from '../../net/flags.js';

export default class NetDoctor extends HawserCommand<typeof NetDoctor, DiagnosisFacts> {
  static override summary = 'Go the way of tunnels step by step, and name the one that fails.';
  static override description =
    'Looks at open tunnels, or at those of the set default where none are open. Ends with 0 when every step of each passes.';
  static override usage = '<%= command.id %> [NAME...] [FLAGS]';
  static override args = {
    name: Args.string({ multiple: true, description: 'Tunnels to look at, or sets. Default: all that are open.' }),
  };
  static override flags = formFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> prefect --json',
  ];

  protected async work(work: Work<typeof NetDoctor>): Promise<Result<DiagnosisFacts>> {
    const { diagnose, diagnosisText } = await import('../../net/doctor.js');
    const data = await diagnose(work.args.name ?? [], work.flags, work);
    return {
      data,
      text: async () => diagnosisText(data, await work.out.style()),
      exitCode: data.tunnels.every(({ ok }) => ok) ? 0 : 1,
    };
  }
}
