import type { Context } from '@hawser/cli-kit';
import { ExecError } from '@hawser/exec-client';
import type { BackendFlags } from './flags.js';
import { openService, type ServiceContext } from './service.js';

/** Opens a shell in a running execution, or runs a command there, and answers how that ended. */
export async function attachTo(
  name: string,
  flags: BackendFlags,
  context: Context & ServiceContext,
): Promise<{ readonly execution_id: string; readonly exit_code?: number }> {
  const { client } = await openService(flags, context);
  const id = await client.find(name, context);
  throw new ExecError('HAWSER_EXEC_REFUSED', `${id} cannot be attached to.`);
}
