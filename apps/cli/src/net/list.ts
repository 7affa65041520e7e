import type { Style } from '@hawser/cli-kit';
import type { TunnelSpec } from '@hawser/tunnels';
import { type Complaint, loadTunnels } from '@hawser/tunnels/config';
import { renderColumns } from '../render/columns.js';
import { addressOf, targetOf } from '../render/net/words.js';
import { places } from './specs.js';
import { readStatus } from './status.js';

/** What `hawser net list` tells: the tunnels that are open, or the sets there are. */
export interface ListFacts {
  readonly tunnels?: readonly ListedTunnel[];
  /** The files that were read. */
  readonly files?: readonly string[];
  readonly sets?: readonly ListedSet[];
}

/** A tunnel in a few words. */
export interface ListedTunnel {
  readonly name: string;
  readonly set: string;
  /** Kind of the link, or the name of a plugin's provider. */
  readonly via: string;
  /** Where it listens: `HOST:PORT` or a path. */
  readonly local: string;
  readonly to: string;
  /** Variables for programs, filled in for open tunnels. */
  readonly env: Readonly<Record<string, string>>;
}

/** A set in a few words. */
export interface ListedSet {
  readonly name: string;
  readonly description?: string;
  readonly tunnels: readonly ListedTunnel[];
  /** What only you may decide: hawser net trust, or your own tunnels.yaml. */
  readonly untrusted: readonly Complaint[];
}

/** The tunnels that are open. */
export async function listOpen(signal: AbortSignal): Promise<ListFacts> {
  const { tunnels } = await readStatus(signal);
  return {
    tunnels: tunnels.map(({ spec, local, env }) => ({ ...listed(spec), local: addressOf(local), env })),
  };
}

/** The sets there are. */
export async function listSets(): Promise<ListFacts> {
  const { files, sets } = await loadTunnels(places());
  return { files, sets: sets.map((set) => ({ ...set, tunnels: set.tunnels.map(listed) })) };
}

function listed({ name, set, via, to, local, env = {} }: TunnelSpec): ListedTunnel {
  const where = 'path' in local ? local.path : addressOf({ hosts: local.host ? [local.host] : [], port: local.port });
  return { name, set, via: via.kind === 'plugin' ? via.provider : via.kind, local: where, to: targetOf(to), env };
}

/** The same for people. */
export function listText({ tunnels, sets = [] }: ListFacts, style: Style): string {
  const rows = tunnels ?? sets.flatMap((set) => set.tunnels);
  if (rows.length === 0) return tunnels ? 'No tunnels are open.' : 'There is no tunnels.yaml with tunnels here.';
  const table = renderColumns(
    rows,
    [
      { heading: 'SET', value: ({ set }) => set },
      { heading: 'NAME', value: ({ name }) => name, paint: (word) => style.strong(word) },
      { heading: 'LOCAL', value: ({ local }) => local, paint: (word) => style.link(word) },
      { heading: 'TO', value: ({ to }) => to },
      { heading: 'VIA', value: ({ via }) => via },
    ],
    style,
  );
  const notes = sets
    .filter(({ untrusted }) => untrusted.length > 0)
    .map(({ name }) => `${style.warn('!')} ${name} asks for what needs your trust: hawser net trust`);
  return [table, ...notes].join('\n');
}
