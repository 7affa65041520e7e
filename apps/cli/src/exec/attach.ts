import type { Context } from '@hawser/cli-kit';
import { exitCodes } from '@hawser/cli-kit/start';
import { ExecError } from '@hawser/exec-client';
import { attachToExecution } from '@hawser/exec-client/attach';
import type { BackendFlags } from './flags.js';
import { openService, type ServiceContext } from './service.js';
import { quoted } from './words.js';

/** How a session into an execution ended. */
export interface Attached {
  readonly execution_id: string;
  /** Of the shell or command; missing when one went away from it. */
  readonly exit_code?: number;
}

/** Opens a shell in a running execution, or runs a command there, and answers how that ended. */
export async function attachTo(
  name: string,
  flags: BackendFlags,
  context: Context & ServiceContext & { readonly rest: readonly string[] },
): Promise<{ readonly attached: Attached; readonly exitCode: number }> {
  const { rest, signal, out } = context;
  const { client, backend } = await openService(flags, context);
  const execution_id = await client.find(name, { signal });
  if (backend.isLocal) {
    throw new ExecError(
      'HAWSER_EXEC_REFUSED',
      `${execution_id} runs on this machine, where there is nothing to attach to.`,
      {
        hint: `attach goes into tasks on AWS Fargate. hawser exec logs -f ${execution_id} shows what this one prints.`,
      },
    );
  }
  // A pipe has no size.
  const columns = process.stdout.columns || 80;
  const rows = process.stdout.rows || 24;
  const isCommand = rest.length > 0;
  const command = isCommand ? quoted(rest) : undefined;
  const grant = await client.attach(execution_id, { command, columns, rows, signal });
  out.hide(grant.token);
  const output = out.json ? process.stderr : process.stdout;
  const end = await attachToExecution({ grant, isCommand, signal, output });
  if (end.reason === 'ended' && end.exitCode !== undefined) {
    return { attached: { execution_id, exit_code: end.exitCode }, exitCode: end.exitCode };
  }
  return { attached: { execution_id }, exitCode: exitCodes.stillRuns };
}
