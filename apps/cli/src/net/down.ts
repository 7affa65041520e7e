import type { Context } from '@hawser/cli-kit';
import { connectSupervisor, stopSupervisor } from '@hawser/tunnels/supervisor';
import { selectorOf, type SelectorRequest } from './selector.js';

/** What `hawser net down` came to. */
export interface DownFacts {
  /** Tunnels that were closed. */
  readonly stopped: readonly string[];
  /** What was named and is not open. */
  readonly unknown: readonly string[];
  /** The supervisor, where it did not answer and was ended. */
  readonly endedPid?: number;
}

/** Closes tunnels. With `all` also a supervisor that does not answer is ended. */
export async function closeTunnels(request: SelectorRequest, { signal }: Pick<Context, 'signal'>): Promise<DownFacts> {
  const selector = selectorOf(request);
  try {
    await using client = await connectSupervisor({ from: process.cwd(), signal });
    if (client) return await client.down(selector);
  } catch (error) {
    if (!request.all || signal.aborted) throw error;
    const { pid } = await stopSupervisor({ from: process.cwd() });
    return { stopped: [], unknown: [], ...(pid === undefined ? {} : { endedPid: pid }) };
  }
  const { names = [], sets = [], pid } = selector;
  return { stopped: [], unknown: [...names, ...sets, ...(pid === undefined ? [] : [`pid ${pid}`])] };
}
