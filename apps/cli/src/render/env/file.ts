import { basename } from 'node:path';
import type { Style } from '@hawser/cli-kit';
import type { EnvFacts, ShownLine, ShownOffer } from '../../env/facts.js';

/** What was written, or would be. */
export function renderEnv(facts: EnvFacts, explain: boolean, style: Style): string {
  const head = `${style.strong(basename(facts.path))} (${facts.format}): ${headline(facts)}`;
  const lines = facts.variables.flatMap((line) => [
    `  ${sign(line, style)} ${line.name}${explain ? `=${valueOf(line)}` : ''}${line.byHand ? ' (by hand)' : ''}`,
    ...(explain
      ? [
          `      from ${line.detail} (${line.source})`,
          ...line.lost.map((offer) => style.faint(`      not ${told(offer)}`)),
        ]
      : []),
  ]);
  return [head, ...lines, ...facts.removed.map((name) => `  ${style.bad('-')} ${name}`)].join('\n');
}

function headline({ action, stale, path }: EnvFacts): string {
  if (action === undefined) return stale ? 'would change' : 'up to date';
  if (action === 'unchanged') return 'nothing to do';
  return action === 'created' ? `written to ${path}` : `brought up to date in ${path}`;
}

function sign({ change }: ShownLine, style: Style): string {
  if (change === 'add') return style.good('+');
  return change === 'same' ? ' ' : style.warn('~');
}

function told(offer: ShownOffer): string {
  return `${valueOf(offer)} from ${offer.detail} (${offer.source})`;
}

function valueOf({ value }: ShownOffer): string {
  return value ?? '[secret]';
}
