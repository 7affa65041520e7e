import type { Style } from '@hawser/cli-kit';

/** A forward that takes connections: what `--json` prints when it does. */
export interface ForwardFacts {
  /** Addresses listened on. */
  readonly hosts: readonly string[];
  /** Port listened on. */
  readonly port: number;
  readonly target: string;
  /** As seen from the target. */
  readonly remoteHost: string;
  readonly remotePort: number;
  /** One for each lane. */
  readonly sessionIds: readonly string[];
}

/** Where a forward begins and ends. */
export function renderForward({ hosts, port, target, remoteHost, remotePort }: ForwardFacts, style: Style): string {
  const here = hosts.map((host) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return `${style.good('✓')} ${here.map((address) => style.link(address)).join(' and ')} → ${remoteHost}:${remotePort} at ${target}`;
}
