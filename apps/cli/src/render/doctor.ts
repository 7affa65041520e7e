import type { Style } from '@hawser/cli-kit';
import type { Check } from '../doctor/check.js';

/** The checks as lines: what was found, and below it what to do. */
export function renderChecks(checks: readonly Check[], style: Style): string {
  const marks = { ok: style.good('✓'), warn: style.warn('!'), fail: style.bad('✗') };
  const width = Math.max(...checks.map((check) => check.title.length));
  return checks
    .flatMap(({ state, title, found, next }) => [
      `${marks[state]} ${title.padEnd(width)}  ${found}`,
      ...(next === undefined ? [] : [`  ${' '.repeat(width)}  ${style.faint(`→ ${next}`)}`]),
    ])
    .join('\n');
}
