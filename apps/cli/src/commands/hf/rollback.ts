import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { RollbackResult } from '@hawser/hf-push';
import { hubFlags, spaceArg } from '../../hf/flags.js';

export default class HfRollback extends HawserCommand<typeof HfRollback, RollbackResult> {
  static override summary = 'Make a Space hold again what it held before, in a new commit.';
  static override args = { space: spaceArg() };
  static override flags = {
    ...hubFlags,
    to: Flags.string({ summary: 'Go back to this commit. Default: the last with other files.', helpValue: 'COMMIT' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> echo_env'];

  protected async work({ args, flags, out, signal, ask }: Work<typeof HfRollback>): Promise<Result<RollbackResult>> {
    const { connectAsSomebody } = await import('../../hf/connect.js');
    const { spaceOf } = await import('../../hf/space-of.js');
    const { rollbackSpace } = await import('@hawser/hf-push');
    const { hub } = await connectAsSomebody(flags, { out, signal, ask });
    const space = await spaceOf(hub, args.space);
    const result = await out.step(`Rolling ${space} back`, () =>
      rollbackSpace(hub, space, flags.to === undefined ? {} : { to: flags.to }),
    );
    return { data: result, text: `${result.space} holds what it held at ${result.to}: commit ${result.commit}` };
  }
}
