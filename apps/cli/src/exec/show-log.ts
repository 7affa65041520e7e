import { once } from 'node:events';
import type { Context } from '@hawser/cli-kit';
import type { ExecClient } from '@hawser/exec-client';
import type { LogEvent } from '@hawser/exec-client/contract';
import { writtenTogether } from './written-together.js';

/** How a log is shown. */
export interface LogRequest {
  readonly follow: boolean;
  readonly clone: boolean;
}

/**
 * Shows the log of an execution as far as it goes, or to its end. Whether nothing is known to be missing from it.
 * Standard output is what the command printed, byte for byte; with `--json` an object a line.
 */
export async function showLog(
  client: ExecClient,
  name: string,
  { follow, clone }: LogRequest,
  { out, signal }: Pick<Context, 'out' | 'signal'>,
): Promise<boolean> {
  const id = await client.find(name, { signal });
  const stream = clone ? 'all' : 'runner';
  const show = async (events: readonly LogEvent[]): Promise<void> => {
    if (out.json) for (const event of events) out.record(event);
    else if (!process.stdout.write(writtenTogether(events))) await once(process.stdout, 'drain', { signal });
  };
  if (!follow) return showSoFar(client, id, stream, show, signal);
  const log = client.follow(id, { stream, signal });
  for await (const events of log.pages()) await show(events);
  return log.end?.complete !== false;
}

async function showSoFar(
  client: ExecClient,
  id: string,
  stream: 'all' | 'runner',
  show: (events: readonly LogEvent[]) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  let cursor: string | undefined;
  for (;;) {
    const page = await client.logs(id, { cursor, stream, signal });
    await show(page.events);
    if (page.done) return page.complete;
    if (page.events.length === 0) return true;
    ({ cursor } = page);
  }
}
