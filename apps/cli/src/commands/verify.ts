import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { verifyFlags } from '../verify/flags.js';
import type { Verified, VerifyRequest } from '../verify/verify-file.js';

export default class Verify extends HawserCommand<typeof Verify, Verified> {
  static override summary =
    'Check a receipt or a transcript, offline: who made it, when, what it claims, whether it holds.';
  static override description =
    'Takes receipts of runs, sessions, pushes and arc verify, transcripts of sessions, and what plugins know. Says what was checked, and what could not be. Ends with 1 when something is wrong or nobody vouches for the signer, 2 when the file is no receipt.\n' +
    'Signers that are known: this machine, its local stack, and each backend and service as it was when it was configured.';
  static override args = { file: Args.string({ required: true, description: 'Receipt or transcript.' }) };
  static override flags = verifyFlags;
  static override examples = [
    '<%= config.bin %> <%= command.id %> receipt.json',
    '<%= config.bin %> <%= command.id %> receipt.json --log run.log --public-key acme.pem',
  ];

  /** What a file is taken for that does not say what it is. */
  protected readonly expected: VerifyRequest['expected'] = undefined;

  protected async work({ args, flags, ...context }: Work<typeof Verify>): Promise<Result<Verified>> {
    const { verifyFile } = await import('../verify/verify-file.js');
    const { readText } = await import('../verify/receipt.js');
    const { configDir, dataDir, cacheDir } = this.config;
    const verified = await verifyFile(
      args.file,
      {
        publicKeys: await Promise.all((flags['public-key'] ?? []).map((file) => readText(file, 'public key'))),
        ...(flags.log !== undefined && { log: flags.log }),
        ...(flags.previous !== undefined && { previous: flags.previous }),
        folders: { config: configDir, data: dataDir, cache: cacheDir },
        signal: context.signal,
        expected: this.expected,
      },
      context,
    );
    return {
      data: verified,
      text: async () => (await import('../render/verified.js')).renderVerified(verified, await context.out.style()),
      exitCode: verified.ok && verified.madeBy.known ? 0 : 1,
    };
  }
}
