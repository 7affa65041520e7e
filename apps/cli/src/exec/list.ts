import { CliKitError, parseDuration } from '@hawser/cli-kit';
import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord, Status } from '@hawser/exec-client/contract';

/** Which executions. */
export interface ListRequest {
  readonly status?: Status | undefined;
  readonly label?: string | undefined;
  readonly repo?: string | undefined;
  readonly since?: string | undefined;
  readonly limit: number;
}

/** Executions, the newest first. */
export async function listExecutions(
  client: ExecClient,
  { since, ...request }: ListRequest,
  { signal, nowMs }: { readonly signal: AbortSignal; readonly nowMs: number },
): Promise<readonly ExecutionRecord[]> {
  const executions: ExecutionRecord[] = [];
  const filters = { ...request, ...(since !== undefined && { since: readSince(since, nowMs) }), signal };
  for await (const execution of client.list(filters)) executions.push(execution);
  return executions;
}

/** A time from `2026-11-21`, `2026-11-21T14:32:10Z`, or how long ago it is: `2h`. */
export function readSince(text: string, nowMs: number): string {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return new Date(at).toISOString();
    throw new CliKitError('HAWSER_CLI_USAGE', `'${text}' is no time: write it like 2026-11-21T14:32:10Z.`);
  }
  return new Date(nowMs - parseDuration(text)).toISOString();
}
