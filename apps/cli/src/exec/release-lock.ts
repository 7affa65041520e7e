import type { Context } from '@hawser/cli-kit';
import type { ExecClient } from '@hawser/exec-client';
import { CliError } from '../errors.js';
import { shortCommand } from '../render/exec/words.js';

/** Takes a lock from its holder; a person at a terminal is asked first. */
export async function releaseLock(
  client: ExecClient,
  name: string,
  { yes }: { readonly yes: boolean },
  { ask, signal }: Pick<Context, 'ask' | 'signal'>,
): Promise<void> {
  const lock = (await client.locks.list({ signal })).find((each) => each.name === name);
  if (lock?.holder && !yes) {
    const { execution_id, command } = lock.holder;
    const isSure = await ask.confirm({
      question: `${execution_id} (${shortCommand({ command }, 40)}) may still run. Let another begin beside it?`,
      flag: '--yes',
    });
    if (!isSure) throw new CliError('HAWSER_EXEC_DECLINED', `${name} is held as before.`);
  }
  await client.locks.release(name, { signal });
}
