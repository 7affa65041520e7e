import type { Context } from '@hawser/cli-kit';
import { authenticate, TunnelsError } from '@hawser/tunnels';
import { runningSupervisor } from './reach.js';

/** What `hawser net auth` came to. */
export interface AuthFacts {
  readonly name: string;
  /** Tunnels whose links are made anew; none where the link stood already, and nobody had to log in. */
  readonly restarted: readonly string[];
}

/**
 * Lets the person log in where a tunnel needs it. A link that stands is left alone.
 *
 * @throws TunnelsError HAWSER_NET_NEEDS_AUTH with the command to run, where it is not ssh that asks
 */
export async function logIn(
  name: string,
  { ask, signal, onEnd }: Pick<Context, 'ask' | 'signal' | 'onEnd'>,
): Promise<AuthFacts> {
  const client = await runningSupervisor(signal);
  onEnd(() => client.close());
  const { tunnels } = await client.status();
  const tunnel = tunnels.find(({ spec }) => spec.name === name);
  if (!tunnel) throw new TunnelsError('HAWSER_NET_TUNNEL_NOT_FOUND', `There is no tunnel '${name}'.`);
  const { failure, state } = tunnel.link;
  if (state === 'ready') return { name, restarted: [] };
  if (!ask.interactive || !(await authenticate(tunnel.spec.via, { signal }))) {
    const command = failure?.authCommand;
    throw new TunnelsError('HAWSER_NET_NEEDS_AUTH', failure?.message ?? `Nobody can log in for ${name} here.`, {
      hint: command === undefined ? 'Run it in a terminal.' : `Run ${command}; the tunnel goes on by itself.`,
      details: { tunnel: name, authCommand: command },
    });
  }
  return { name, restarted: await client.restart({ names: [name] }) };
}
