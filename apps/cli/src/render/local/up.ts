import type { Style } from '@hawser/cli-kit';
import type { Part } from '../../local/parts.js';
import { standsFor } from './parts.js';

/** What is up, and how to use it. */
export function renderUp(
  {
    parts,
    wasRunning,
    recovered,
  }: { readonly parts: readonly Part[]; readonly wasRunning: boolean; readonly recovered: boolean },
  style: Style,
): string {
  const how = wasRunning ? 'was up already' : recovered ? 'is up; the one before had been killed' : 'is up';
  return [
    `${style.good('✓')} The stack ${how}:`,
    ...parts.map(({ name, url }) => `  ${name.padEnd(8)}  ${standsFor[name].padEnd(17)}  ${style.link(url)}`),
    '',
    style.strong('Point your tools at it:'),
    '  eval "$(hawser local env)"',
    '',
    style.faint('hawser local status, logs and down do the rest.'),
  ].join('\n');
}
