import { createSessionsClient } from '@hawser/k8s-sessions/client';

/**
 * Asks once whether a service is there and takes this key.
 *
 * @throws SessionsError what it answers, or that it does not
 */
export async function knock(
  { url, apiKey }: { readonly url: string; readonly apiKey: string },
  signal: AbortSignal,
): Promise<void> {
  const sessions = createSessionsClient({ url, apiKey, retryForMs: 0 }).list({ limit: 1, signal });
  await sessions[Symbol.asyncIterator]().next();
}
