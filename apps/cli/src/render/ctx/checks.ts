import type { Style } from '@hawser/cli-kit';
import type { ExaminedContext } from '../../ctx/examined.js';

/** What was found, one check a line, with what to do about it below. */
export function renderChecks({ context, checks }: ExaminedContext, style: Style): string {
  const marks = { pass: style.good('✓'), warn: style.warn('!'), fail: style.bad('✗') };
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length;
  return [
    ...checks.flatMap(({ check, verdict, detail, next }) => [
      `${marks[verdict]} ${check}: ${detail}`,
      ...(next === undefined ? [] : [`  ${next}`]),
    ]),
    `${context}: ${failed === 0 ? style.good('right') : style.bad(`${failed} of ${checks.length} checks failed`)}`,
  ].join('\n');
}
