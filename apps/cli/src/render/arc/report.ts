import type { Style } from '@hawser/cli-kit';
import type { Report } from '@hawser/contexts/arc';

/** A report for people: the verdict, each check, and what to do. */
export function renderReport(report: Report, style: Style): string {
  const marks = {
    pass: style.good('✓'),
    warn: style.warn('!'),
    fail: style.bad('✗'),
    skipped: style.faint('-'),
  };
  const verdict = `Runner scale set is ${report.success ? style.good('healthy') : style.bad('unhealthy')}`;
  const identity = report.identity
    ? [`OIDC identity: ${report.identity.arn} (account ${report.identity.account}, source ${report.identity.source})`]
    : [];
  const lines = report.checks.flatMap(({ id, status, summary, advice }) => [
    `${marks[status]} ${id.padEnd(3)} ${status === 'skipped' ? style.faint(summary) : summary}`,
    ...(advice === undefined ? [] : [style.faint(`      → ${advice}`)]),
  ]);
  return [verdict, ...identity, '', ...lines, '', report.notes].join('\n');
}

/** One line for a report among many. */
export function renderLine({ verified_at: at, success, notes }: Report, style: Style): string {
  return `${style.faint(at)} ${success ? style.good('healthy') : style.bad('unhealthy')} ${notes}`;
}
