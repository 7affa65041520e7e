import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Verdict } from '@hawser/receipts';

export default class ExecVerify extends HawserCommand<typeof ExecVerify, Verdict> {
  static override summary = 'Check the receipt of an execution, offline.';
  static override description =
    'Says who ran what, when, on which commit, and how it ended; and of each thing whether it was checked, is wrong, or cannot be known. Ends with 1 when something is wrong or nobody vouches for the signer.\n' +
    'Signers that are known: this machine, those of --public-key, and those saved with the backends.';
  static override args = { file: Args.string({ required: true, description: 'Receipt, as --receipt wrote it.' }) };
  static override flags = {
    'public-key': Flags.string({
      summary: 'Take this key for a signer: a PEM file. May be repeated.',
      helpValue: 'FILE',
      multiple: true,
    }),
    previous: Flags.string({
      summary: 'Compare with this receipt, the one before it in its chain.',
      helpValue: 'FILE',
    }),
    log: Flags.string({ summary: 'Compare the log with this file, too.', helpValue: 'FILE' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> receipt.json'];

  protected async work(work: Work<typeof ExecVerify>): Promise<Result<Verdict>> {
    const { verifyFile } = await import('../../exec/verify.js');
    const verdict = await verifyFile(work.args.file, work.flags, { ...work, config: this.config });
    return {
      data: verdict,
      text: async () => {
        const { renderVerdict } = await import('../../render/exec/verdict.js');
        return renderVerdict(verdict, await work.out.style());
      },
      exitCode: verdict.ok ? 0 : 1,
    };
  }
}
