import type { Style } from '@hawser/cli-kit';
import type { Finding, LiveReport, ValidationReport } from '@hawser/hf-push';
import { counted } from './counted.js';

/** Findings one by one, and a line that sums them up. */
export function renderReport(report: ValidationReport, style: Style): string {
  const { errors, warnings, notes } = report.summary;
  const skipped = report.skipped.map(({ rule, reason }) => style.faint(`skipped ${rule}: ${reason}`));
  const sums = [counted(errors, 'error'), counted(warnings, 'warning'), counted(notes, 'note')].join(', ');
  return [
    ...report.findings.flatMap((finding) => renderFinding(finding, style)),
    ...skipped,
    `${report.environment} ${verdict(report, style)}: ${sums}`,
  ].join('\n');
}

/** What a running server lacks, and a line that sums it up. */
export function renderLive(report: LiveReport, style: Style): string {
  const met = report.criteria.filter(({ passed }) => passed).length;
  return [
    ...report.findings.flatMap((finding) => renderFinding(finding, style)),
    `${report.url} ${verdict(report, style)}: ${met} of ${report.criteria.length} criteria met`,
  ].join('\n');
}

function renderFinding({ rule, severity, message, hint, path, line }: Finding, style: Style): string[] {
  const said = { error: style.bad(severity), warning: style.warn(severity), note: style.faint(severity) }[severity];
  const place = [path, line].filter((part) => part !== undefined).join(':');
  return [
    `${said} ${place === '' ? '' : `${place}: `}${message} ${style.faint(`[${rule}]`)}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
}

function verdict({ passed }: { readonly passed: boolean }, style: Style): string {
  return passed ? style.good('passed') : style.bad('failed');
}
