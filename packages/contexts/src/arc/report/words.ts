import type { CheckResult, Report } from '../types.js';

/** What upstream's script prints, and then what it could not know. */
export function asText(report: Report): string {
  const lines = [`Runner scale set is ${report.success ? 'healthy' : 'unhealthy'}`];
  if (report.identity) {
    const { arn, account, source } = report.identity;
    lines.push(`OIDC identity: ${arn} (account ${account}, source ${source})`);
  }
  lines.push(
    '',
    ...report.checks.map(checkLine),
    '',
    report.notes,
    `${report.owner}/${report.repository}, ${report.scale_set} in ${report.namespace}: ${counted(report.polls)} in ${seconds(report.waited_ms)}.`,
  );
  return lines.join('\n');
}

function checkLine(check: CheckResult): string {
  const line = `${check.id.padEnd(3)} ${check.status.padEnd(7)} ${check.summary}`;
  return check.advice === undefined ? line : `${line}\n            ${check.advice}`;
}

/** The report as a page. */
export function asMarkdown(report: Report): string {
  const rows = report.checks.map(
    ({ id, title, status, summary, advice }) =>
      `| ${id} | ${cell(title)} | ${status} | ${cell(summary)} | ${cell(advice ?? '')} |`,
  );
  return [
    `# ${cell(report.scale_set)}: ${report.outcome}`,
    '',
    cell(report.notes),
    '',
    `- Repository: ${cell(`${report.owner}/${report.repository}`)}`,
    `- Namespace: ${cell(report.namespace)}`,
    `- Looks: ${report.polls}, from ${report.started_at} to ${report.verified_at} (${seconds(report.waited_ms)})`,
    ...(report.identity ? [`- AWS identity: ${cell(report.identity.arn)}`] : []),
    '',
    '| Check | What | Status | Found | To do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function counted(polls: number): string {
  return `${polls} look${polls === 1 ? '' : 's'}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** What others wrote must not break out of its place. */
function cell(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll(/[\\|<>`[\]*_#]/gu, (sign) => `\\${sign}`);
}
