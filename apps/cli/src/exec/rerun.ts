import type { Context } from '@hawser/cli-kit';
import type { BackendFlags } from './flags.js';
import { announceStart } from './announce.js';
import { startedOf, type Watched } from './outcome.js';
import { openService, type ServiceContext } from './service.js';
import { prepareToWatch, watchExecution, type WatchOptions } from './watch.js';

/** Runs an execution again, and watches it. */
export async function rerunExecution(
  name: string,
  flags: BackendFlags & WatchOptions & { readonly detach: boolean },
  context: Context & ServiceContext,
): Promise<Watched> {
  const { client } = await openService(flags, context);
  const first = await client.find(name, context);
  const wishes = flags.detach ? undefined : await prepareToWatch(flags, context);
  const started = await client.rerun(first, {}, wishes ? { signal: wishes.insisted } : context);
  await announceStart(started, context.out);
  const { execution_id: id, phase } = started;
  if (!wishes) return startedOf(await client.get(id, context));
  return watchExecution(flags, { id, isQueued: phase === 'queued', client, wishes, context });
}
