import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { TranscriptVerdict } from '@hawser/k8s-sessions/log';

export default class SessionsVerify extends HawserCommand<typeof SessionsVerify, TranscriptVerdict> {
  static override summary = 'Check offline that a transcript is complete and unaltered.';
  static override description =
    'Every byte and time against its segment, every segment against the chain, the end of the chain against the signed receipt. Ends with 1 when something is wrong, and names the first segment that is.\n' +
    'Signers that are known: this machine, the configured service as it was when it was configured, and those of --public-key.';
  static override args = {
    file: Args.string({ required: true, description: 'Transcript, as logs --format transcript wrote it.' }),
  };
  static override flags = {
    'public-key': Flags.string({
      summary: 'Take this key for a signer: a PEM file, or the key set of a service. May be repeated.',
      helpValue: 'FILE',
      multiple: true,
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> session.transcript',
    '<%= config.bin %> <%= command.id %> session.transcript --public-key jwks.json',
  ];

  protected async work(work: Work<typeof SessionsVerify>): Promise<Result<TranscriptVerdict>> {
    const { verifyFile } = await import('../../sessions/verify.js');
    const verdict = await verifyFile(work.args.file, work.flags['public-key'] ?? [], this.config);
    return {
      data: verdict,
      text: async () => {
        const { renderTranscript } = await import('../../render/sessions/verdict.js');
        return renderTranscript(verdict, await work.out.style());
      },
      exitCode: verdict.ok ? 0 : 1,
    };
  }
}
