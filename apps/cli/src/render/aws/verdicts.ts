import type { Style } from '@hawser/cli-kit';
import type { Verdict } from '@hawser/contexts';

/** The verdicts as a table: what was found, and below it what to do. */
export function renderVerdicts(verdicts: readonly Verdict[], style: Style): string {
  const marks = { pass: style.good('✓'), warn: style.warn('!'), fail: style.bad('✗'), skip: style.faint('-') };
  const width = Math.max(...verdicts.map(({ title }) => title.length));
  const gap = `  ${' '.repeat(width)}  `;
  return verdicts
    .flatMap(({ state, title, found, next }) => [
      `${marks[state]} ${title.padEnd(width)}  ${state === 'skip' ? style.faint(found) : found}`,
      ...(next === undefined ? [] : [`${gap}${style.faint(`→ ${next}`)}`]),
    ])
    .join('\n');
}
