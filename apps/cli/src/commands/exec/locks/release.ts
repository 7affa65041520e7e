import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { backendFlags } from '../../../exec/flags.js';

interface Released {
  readonly name: string;
}

export default class ExecLocksRelease extends HawserCommand<typeof ExecLocksRelease, Released> {
  static override summary = 'Take a lock away from an execution that holds it, or may still.';
  static override description =
    'For a holder that is known to be dead: the execution itself goes on where it lives, and another may begin beside it. Who did it is remembered.';
  static override args = { name: Args.string({ required: true, description: 'Name of the lock.' }) };
  static override flags = {
    ...backendFlags,
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> deploy --yes'];

  protected async work(work: Work<typeof ExecLocksRelease>): Promise<Result<Released>> {
    const { openService } = await import('../../../exec/service.js');
    const { releaseLock } = await import('../../../exec/release-lock.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const { name } = work.args;
    await releaseLock(client, name, work.flags, work);
    return { data: { name }, text: `${name} is released. Its next holder gets another fence.` };
  }
}
