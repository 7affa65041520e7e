import { Args } from '@oclif/core';
import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { CopyResult } from '@hawser/ssm-channel';

interface Copied extends CopyResult {
  readonly target: string;
  readonly way: 'up' | 'down';
}

export default class SsmCp extends HawserCommand<typeof SsmCp, Copied> {
  static override summary = 'Copy a file to a managed node, or from it.';
  static override description =
    'One end is a file here, the other TARGET:PATH. Digests of both ends are compared before the file is put in place; a copy that was cut short goes on where it stopped. The node needs a POSIX shell and base64, nothing else.';
  static override args = {
    from: Args.string({ required: true, description: 'What is copied: a file here, or TARGET:PATH.' }),
    to: Args.string({ required: true, description: 'Where to: TARGET:PATH, or a file or folder here.' }),
  };
  static override flags = { ...awsFlags };
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.txt i-0123456789abcdef0:/tmp/notes.txt',
    '<%= config.bin %> <%= command.id %> i-0123456789abcdef0:/tmp/notes.txt .',
  ];

  protected async work({ args, aws, out, signal }: Work<typeof SsmCp>): Promise<Result<Copied>> {
    const { readCopyEnds } = await import('../../session/copy-ends.js');
    const { copyFromTarget, copyToTarget } = await import('@hawser/ssm-channel');
    const { renderCopied, renderProgress } = await import('../../render/ssm/copy.js');
    const { way, target: text, from, to } = readCopyEnds(args.from, args.to);
    const { target } = await aws.findTarget(text, { signal });
    const api = await aws.api();
    const copy = way === 'up' ? copyToTarget : copyFromTarget;
    const result = await out.step(`Copying ${args.from} to ${args.to}`, ({ progress }) =>
      copy({ api, target, from, to, signal, onProgress: (now) => progress(renderProgress(now)) }),
    );
    return {
      data: { target, way, ...result },
      text: async () => renderCopied(result, `${way === 'up' ? `${target}:` : ''}${result.path}`, await out.style()),
    };
  }
}
