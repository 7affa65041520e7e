import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ListedContext } from '../../ctx/listed.js';

export default class CtxList extends HawserCommand<typeof CtxList, readonly ListedContext[]> {
  static override summary = 'List the contexts of this project.';
  static override aliases = ['ctx:ls'];
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work({ out, state }: Work<typeof CtxList>): Promise<Result<readonly ListedContext[]>> {
    const { listContexts } = await import('../../ctx/listed.js');
    const contexts = await listContexts(await state());
    return {
      data: contexts,
      text: async () => (await import('../../render/ctx/contexts.js')).renderContexts(contexts, out),
    };
  }
}
