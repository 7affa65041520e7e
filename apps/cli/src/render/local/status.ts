import type { Style } from '@hawser/cli-kit';
import type { StackStatus } from '../../local/status.js';
import { standsFor } from './parts.js';

/** How the stack stands, and what to do about it. */
export function renderStatus({ state, pid, startedAt, parts }: StackStatus, style: Style): string {
  if (state === 'down') return 'The stack is down. hawser local up starts it.';
  if (state === 'died')
    return `${style.bad('✗')} The stack was killed: process ${pid} is gone. hawser local up starts it again.`;
  if (state === 'starting') return `The stack is being started by process ${pid}.`;
  const head =
    state === 'up'
      ? `${style.good('✓')} The stack is up`
      : `${style.bad('✗')} The stack runs, but not all of it answers`;
  return [
    `${head}: process ${pid}, since ${startedAt}`,
    ...parts.map(({ name, url, detail }) =>
      [
        ` ${detail === undefined ? style.good('✓') : style.bad('✗')} ${name.padEnd(8)}`,
        standsFor[name].padEnd(17),
        detail === undefined ? url : `${url}: ${detail}`,
      ].join('  '),
    ),
  ].join('\n');
}
