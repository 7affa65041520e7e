import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Told, Work } from '@hawser/cli-kit';
import type { ArcPlan } from '../../arc/plan.js';
import type { Report } from '@hawser/contexts/arc';
import { oidcFlags, paceFlags, placeFlags, resultFlags, subjectFlags } from '../../arc/flags.js';
import { secondsFlag } from '../../wiring/seconds-flag.js';

export default class ArcVerify extends HawserCommand<typeof ArcVerify, Report | ArcPlan> {
  static override summary = 'Wait until a runner scale set is idle and healthy, and say what is not.';
  static override description =
    'Twelve checks of controller, set, listener, runners, pods, credentials, GitHub and its queue. Ends with 0 when all\n' +
    'pass, 1 when the time is over or waiting cannot help, 2 for bad input. What was found goes to arc/ in the state\n' +
    'folder: summary.json, report.md, junit.xml, and evidence/snapshot.json, which --snapshot judges again.';
  static override flags = {
    ...subjectFlags,
    ...placeFlags,
    timeout: secondsFlag({ summary: 'Wait no longer than this; 0 looks once. Default: 10m.', helpGroup: 'PACE' }),
    ...paceFlags,
    snapshot: Flags.string({ summary: 'Judge this recording instead; no cluster is asked.', helpValue: 'FILE' }),
    'probe-workflow': Flags.string({
      summary: 'Dispatch this workflow once all is well, and see its runner come and go.',
      helpValue: 'FILE@REF',
      exclusive: ['snapshot'],
    }),
    ...oidcFlags,
    ...resultFlags,
    'dry-run': Flags.boolean({ summary: 'Say what would be looked at, and look at nothing.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --repository acme/app --scale-set linux --timeout 5m',
    '<%= config.bin %> <%= command.id %> --repository acme/app --scale-set linux --output junit > arc.xml',
    '<%= config.bin %> <%= command.id %> --snapshot arc-snapshot.json',
  ];

  protected async work(work: Work<typeof ArcVerify>): Promise<Result<Report | ArcPlan> | Told> {
    const { flags } = work;
    if (flags['dry-run']) return (await import('../../arc/plan.js')).planVerify(flags, work);
    const { runVerify } = await import('../../arc/run-verify.js');
    const { finishVerify } = await import('../../arc/finish.js');
    const verified = await runVerify(flags, work);
    const { bin, dataDir, version } = this.config;
    return finishVerify(flags, verified, { ...work, dataDir, version }, [bin, 'arc', 'verify']);
  }
}
