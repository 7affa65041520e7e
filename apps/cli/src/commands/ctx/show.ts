import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ShownContext } from '../../ctx/listed.js';
import { contextArg } from '../../ctx/flags.js';

export default class CtxShow extends HawserCommand<typeof CtxShow, ShownContext> {
  static override summary = 'Show where a context points, what was written for it, and where it pointed before.';
  static override args = { name: contextArg() };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> staging'];

  protected async work({ args, out, state }: Work<typeof CtxShow>): Promise<Result<ShownContext>> {
    const { findContext } = await import('../../ctx/listed.js');
    const context = await findContext(await state(), args.name);
    return {
      data: context,
      text: async () => (await import('../../render/ctx/contexts.js')).renderContext(context, await out.style()),
    };
  }
}
