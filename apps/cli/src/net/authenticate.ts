import type { Context } from '@hawser/cli-kit';
import type { TunnelsError, TunnelSpec } from '@hawser/tunnels';
import { authenticate } from '@hawser/tunnels';

/**
 * Lets the person at the terminal log in where a tunnel waits for that; what comes of it is taken over by the
 * supervisor. Answers whether there was anything to log in to.
 */
export async function authenticateFor(
  specs: readonly TunnelSpec[],
  error: TunnelsError,
  { out, signal }: Pick<Context, 'out' | 'signal'>,
): Promise<boolean> {
  const name = error.details?.['tunnel'];
  const spec = specs.find((each) => each.name === name);
  if (!spec) return false;
  out.say(`${error.message}\nLog in here:`);
  return authenticate(spec.via, { signal });
}
