import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { paceFlags, placeFlags, subjectFlags } from '../../arc/flags.js';
import { secondsFlag } from '../../wiring/seconds-flag.js';
import { receiptFlag } from '../../receipts/flag.js';

interface Recorded {
  readonly path: string;
  readonly looks: number;
  /** What `hawser arc verify` says of it. */
  readonly outcome: string;
}

export default class ArcRecord extends HawserCommand<typeof ArcRecord, Recorded> {
  static override summary = 'Record what cluster and GitHub say of a scale set, for arc verify --snapshot.';
  static override description =
    'Keeps what the checks look at and nothing else: no environments, no values of Secrets, no tokens. Records until a\n' +
    'verification would end, or --looks. Ends with 0 whatever the verdict.';
  static override flags = {
    ...subjectFlags,
    ...placeFlags,
    timeout: secondsFlag({ summary: 'Record no longer than this. Default: 10m.', helpGroup: 'PACE' }),
    ...paceFlags,
    looks: Flags.integer({ summary: 'Look this many times.', min: 1, helpGroup: 'PACE' }),
    output: Flags.string({ summary: 'Where the recording goes.', default: 'arc-snapshot.json', helpValue: 'FILE' }),
    receipt: receiptFlag('RESULTS'),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --repository acme/app --scale-set linux --looks 1',
    '<%= config.bin %> <%= command.id %> --repository acme/app --scale-set linux --timeout 2s --output recording.json',
  ];

  protected async work({ flags, ...context }: Work<typeof ArcRecord>): Promise<Result<Recorded>> {
    const { recordRunners, writeSnapshot } = await import('@hawser/contexts/arc');
    const { connectArc } = await import('../../arc/connect.js');
    const { tellLooks } = await import('../../arc/tell.js');
    const options = await connectArc(flags, context);
    const { report, snapshot } = await context.out.step(`Recording ${options.subject.scaleSet}`, (step) =>
      recordRunners({
        ...options,
        timeoutMs: flags.timeout,
        looks: flags.looks,
        onEvent: tellLooks(context.out, step),
      }),
    );
    const path = await writeSnapshot(flags.output, snapshot);
    if (flags.receipt !== undefined) {
      const { dataDir, version } = this.config;
      const { writeArcReceipt } = await import('../../arc/receipt.js');
      await writeArcReceipt({ report, snapshot }, { path: flags.receipt, dataDir, version });
    }
    const data = { path, looks: report.polls, outcome: report.outcome };
    return { data, text: `Recorded ${data.looks} look${data.looks === 1 ? '' : 's'} in ${path}: ${report.notes}` };
  }
}
