import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { PushResult } from '@hawser/hf-push';
import { afterPushFlags, hubFlags } from '../../hf/flags.js';
import { secretFlag } from '../../hf/space-setting-flags.js';
import { receiptFlag } from '../../receipts/flag.js';

export default class HfApply extends HawserCommand<typeof HfApply, PushResult> {
  static override summary = 'Do what a plan says, and nothing else.';
  static override description =
    'When the files or the Space are not what they were when the plan was made, nothing is done. A plan names secrets but holds no values: give them again.';
  static override args = { plan: Args.string({ required: true, description: 'File that hf plan --output wrote.' }) };
  static override flags = {
    secret: secretFlag,
    ...afterPushFlags,
    ...hubFlags,
    message: Flags.string({ summary: 'First line of the commit.', helpValue: 'TEXT' }),
    receipt: receiptFlag('AFTERWARDS'),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan.json',
    '<%= config.bin %> <%= command.id %> plan.json --wait',
  ];

  protected async work({ args, flags, out, signal, ask }: Work<typeof HfApply>): Promise<Result<PushResult>> {
    const { applyFile } = await import('../../hf/apply-file.js');
    const { dataDir, version } = this.config;
    const result = await applyFile(args.plan, { flags, dataDir, version, out, signal, ask });
    return {
      data: result,
      text: async () => (await import('../../render/hf/pushed.js')).renderResult(result, await out.style()),
    };
  }
}
