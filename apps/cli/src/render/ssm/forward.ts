import type { Style } from '@hawser/cli-kit';

/** A forward that takes connections. */
export interface ForwardFacts {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly target: string;
  readonly remoteHost: string;
  readonly remotePort: number;
}

/** Where a forward begins and ends. */
export function renderForward({ hosts, port, target, remoteHost, remotePort }: ForwardFacts, style: Style): string {
  const here = hosts.map((host) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return `${style.good('✓')} ${here.map((address) => style.link(address)).join(' and ')} → ${remoteHost}:${remotePort} at ${target}`;
}
