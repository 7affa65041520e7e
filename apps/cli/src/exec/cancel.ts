import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord } from '@hawser/exec-client/contract';

/** Cancels an execution, and answers with what became of it so far, or at its end. */
export async function cancelExecution(
  client: ExecClient,
  name: string,
  { wait, ...options }: { readonly reason?: string | undefined; readonly force: boolean; readonly wait: boolean },
  signal: AbortSignal,
): Promise<ExecutionRecord> {
  const id = await client.find(name, { signal });
  await client.cancel(id, { ...options, signal });
  return wait ? client.wait(id, { signal }) : client.get(id, { signal });
}
