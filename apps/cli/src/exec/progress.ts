import { setTimeout as delay } from 'node:timers/promises';
import type { Out } from '@hawser/cli-kit';
import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord, LockRecord } from '@hawser/exec-client/contract';
import { renderProgress } from '../render/exec/progress.js';

/** What begins sooner needs no word. */
const PATIENCE_MS = 1000;

/**
 * Tells what an execution waits for until its command runs: its place in the queue of a lock, and who is before it.
 * What cannot be asked is not told; whether the execution can be reached at all shows elsewhere.
 */
export async function tellProgress(
  client: ExecClient,
  { id, isQueued }: { readonly id: string; readonly isQueued: boolean },
  out: Out,
  signal: AbortSignal,
): Promise<void> {
  let told: string | undefined;
  try {
    if (!isQueued) await delay(PATIENCE_MS, undefined, { signal });
    for await (const record of client.watch(id, { signal })) {
      const text = renderProgress(record, await lockOf(client, record, signal));
      if (text !== undefined && text !== told) out.say(text);
      told = text;
      if (record.started_at !== undefined) return;
    }
  } catch (thrown) {
    if (!signal.aborted) out.debug(`how far it is could not be asked: ${String(thrown)}`);
  }
}

async function lockOf(
  client: ExecClient,
  { phase, lock }: ExecutionRecord,
  signal: AbortSignal,
): Promise<LockRecord | undefined> {
  if (phase !== 'queued' || lock === undefined) return undefined;
  const locks = await client.locks.list({ signal });
  return locks.find(({ name }) => name === lock.name);
}
