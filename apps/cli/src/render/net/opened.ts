import type { Style } from '@hawser/cli-kit';
import type { TunnelStatus } from '@hawser/tunnels';
import { addressOf, targetOf } from './words.js';

/** Where tunnels begin and end, and the variables that hand them to programs. */
export function renderOpened(tunnels: readonly TunnelStatus[], style: Style): string {
  const lines = tunnels.map(({ spec, local, link }) => {
    const mark = link.state === 'ready' ? style.good('✓') : style.faint('·');
    const later = link.state === 'idle' ? style.faint(' (opens with the first connection)') : '';
    return `${mark} ${style.strong(spec.name)}  ${style.link(addressOf(local))} → ${targetOf(spec.to)}${later}`;
  });
  const variables = tunnels.flatMap(({ env }) => Object.entries(env).map(([name, value]) => `  ${name}=${value}`));
  return [...lines, ...variables].join('\n');
}
