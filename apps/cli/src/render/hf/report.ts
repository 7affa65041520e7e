import type { Style } from '@hawser/cli-kit';
import type { ValidationReport } from '@hawser/hf-push';

/** Findings one by one, and a line that sums them up. */
export function renderReport(report: ValidationReport, style: Style): string {
  const { errors, warnings, notes } = report.summary;
  const lines = report.findings.flatMap(({ rule, severity, message, hint, path, line }) => {
    const place = [path, line].filter((part) => part !== undefined).join(':');
    return [
      `${severity === 'error' ? style.bad(severity) : style.warn(severity)} ${place === '' ? '' : `${place} `}${message} [${rule}]`,
      ...(hint === undefined ? [] : [`  ${hint}`]),
    ];
  });
  const skipped = report.skipped.map(({ rule, reason }) => `skipped ${rule}: ${reason}`);
  const verdict = report.passed ? style.good('passed') : style.bad('failed');
  return [
    ...lines,
    ...skipped,
    `${report.environment} ${verdict}: ${errors} errors, ${warnings} warnings, ${notes} notes`,
  ].join('\n');
}
