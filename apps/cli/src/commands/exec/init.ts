import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { stackFlags } from '../../exec/stack/flags.js';
import type { InitFacts } from '../../exec/stack/init.js';

export default class ExecInit extends HawserCommand<typeof ExecInit, InitFacts> {
  static override summary = 'Make the stack on AWS that executions run in, or bring it up to date.';
  static override description =
    'Shows what would be made, makes it, sends the service, makes the first API key and keeps it in your configuration. Run again it changes what differs and never touches keys. What it costs, and what you must be allowed to do: docs/how-to/exec-on-aws.md.';
  static override flags = {
    ...stackFlags,
    'dry-run': Flags.boolean({ summary: 'Show what would be made, and leave nothing behind.', aliases: ['plan'] }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
    image: Flags.string({ summary: 'Image of executions that name none.', helpValue: 'IMAGE' }),
    parameter: Flags.string({
      summary: 'Set a parameter of the stack, e.g. AuthMode=both. May be repeated.',
      helpValue: 'NAME=VALUE',
      multiple: true,
    }),
    'git-token-stdin': Flags.boolean({
      summary: 'Read a token for private repositories from standard input.',
      helpGroup: 'GIT',
    }),
    'ssh-key-file': Flags.string({
      summary: 'Clone private repositories with this private key.',
      helpGroup: 'GIT',
      helpValue: 'FILE',
      exclusive: ['git-token-stdin'],
    }),
    'git-host': Flags.string({
      summary: 'The git server that they are for.',
      helpGroup: 'GIT',
      helpValue: 'HOST',
      default: 'github.com',
    }),
    backend: Flags.string({
      summary: "Name of the backend in your configuration. Default: the stack's.",
      helpValue: 'NAME',
    }),
    'new-key': Flags.boolean({ summary: 'Make another administrator’s key though there is one.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --region eu-central-1 --yes --git-token-stdin < token.txt',
    '<%= config.bin %> <%= command.id %> --parameter VpcId=vpc-0abc --parameter SubnetIds=subnet-0a,subnet-0b',
  ];

  protected async work(work: Work<typeof ExecInit>): Promise<Result<InitFacts>> {
    const { initStack } = await import('../../exec/stack/init.js');
    const facts = await initStack(work.flags, { ...work, config: this.config });
    // The one time that it is seen.
    if (facts.api_key !== undefined) work.out.show(facts.api_key);
    const { renderInit } = await import('../../render/exec/stack.js');
    return { data: facts, text: async () => renderInit(facts, await work.out.style()) };
  }
}
