import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@hawser/cli-kit';
import type { LiveTunnel, TunnelLookup } from '@hawser/contexts';
import { openStore } from '@hawser/state-store';
import type { NetDocument, TunnelStatus } from '@hawser/tunnels';
import { readStatus } from './status.js';

/** How contexts and env files ask for the tunnels of the project one stands in. */
export function lookUpTunnels({ signal }: Pick<Context, 'signal'>): TunnelLookup {
  return async () => {
    // Before anybody clears away what a killed supervisor left.
    const recorded = await readRecord();
    const { tunnels } = await readStatus(signal);
    const names = new Set(tunnels.map(({ spec }) => spec.name));
    return {
      live: tunnels.map(liveTunnel),
      dead: recorded.filter(({ name }) => !names.has(name)).map(({ name, local }) => ({ name, port: local.port })),
    };
  };
}

/** A lazy tunnel without a link is as well as it can be: its first connection opens it. */
export function liveTunnel({ spec, local, link, probe, env }: TunnelStatus): LiveTunnel {
  const { name, set } = spec;
  const healthy =
    (link.state === 'ready' && probe.state !== 'failing') || (spec.lazy === true && link.state === 'idle');
  return { name, set, host: local.hosts[0] ?? '127.0.0.1', port: local.port, healthy, env };
}

/** What is written down; nothing where nothing is, or where it cannot be read. */
async function readRecord(): Promise<NetDocument['tunnels']> {
  const { directory } = openStore({ from: process.cwd() });
  try {
    const { data } = JSON.parse(await readFile(join(directory, 'net.json'), 'utf8')) as {
      readonly data?: Partial<NetDocument>;
    };
    return data?.tunnels ?? [];
  } catch {
    return [];
  }
}
