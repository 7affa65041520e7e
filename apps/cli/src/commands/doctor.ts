import { Args, Flags } from '@oclif/core';
import { awsFlags, durationFlag, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { DoctorReport } from '../doctor/checked.js';

interface Examined {
  readonly checks: readonly DoctorReport[];
}

export default class Doctor extends HawserCommand<typeof Doctor, Examined> {
  static override summary = 'Check what Hawser needs here, and say how to mend what is missing.';
  static override description =
    'Looks at every topic, or at one: what is there, what is missing, what it is needed for, and the command that mends it. Ends with 1 when something is missing or wrong; what is not in use is no failure. Secrets are taken out, so that the output can be pasted into an issue.';
  static override usage = '<%= command.id %> [TOPIC] [FLAGS]';
  static override args = {
    topic: Args.string({
      description:
        'Look at this topic only: hawser, ssm, ecs, aws, net, ctx, env, exec, sessions, hf, arc, setup or plugins.',
    }),
  };
  static override flags = {
    fix: Flags.boolean({ summary: "Mend what is Hawser's own: file modes, sockets, locks, leftovers." }),
    timeout: durationFlag({ summary: 'Wait no longer for each answer than this. Default: 5s.' }),
    ...awsFlags,
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> net',
    '<%= config.bin %> <%= command.id %> --fix',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  protected async work(work: Work<typeof Doctor>): Promise<Result<Examined>> {
    const { examine } = await import('../doctor/examine.js');
    const checks = await examine(work.args.topic, work.flags, work, this.config);
    return {
      data: { checks },
      text: async () => (await import('../render/doctor.js')).renderReports(checks, await work.out.style()),
      exitCode: checks.some((check) => check.state === 'fail') ? 1 : 0,
    };
  }
}
