import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { DestroyFacts } from '../../exec/stack/destroy.js';
import { stackFlags } from '../../exec/stack/flags.js';

export default class ExecDestroy extends HawserCommand<typeof ExecDestroy, DestroyFacts> {
  static override summary = 'Remove the stack on AWS, and all that was made for it.';
  static override description =
    'Lists what will go, stops running tasks, deletes the stack, then task definitions, parameters and logs. It can be run again wherever it stopped. Your configuration stays unless you agree to lose that backend too.';
  static override flags = {
    ...stackFlags,
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.', aliases: ['force'] }),
    abandon: Flags.boolean({ summary: 'Leave behind what CloudFormation cannot delete, and name it.' }),
    'keep-logs': Flags.boolean({ summary: 'Keep the output of executions.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --stack-name staging',
    '<%= config.bin %> <%= command.id %> --yes --keep-logs',
  ];

  protected async work(work: Work<typeof ExecDestroy>): Promise<Result<DestroyFacts>> {
    const { destroy } = await import('../../exec/stack/destroy.js');
    const facts = await destroy(work.flags, { ...work, config: this.config });
    const { renderDestroyed } = await import('../../render/exec/stack.js');
    return { data: facts, text: renderDestroyed(facts), exitCode: facts.left.length > 0 ? 1 : 0 };
  }
}
