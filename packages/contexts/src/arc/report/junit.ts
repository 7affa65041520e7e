import type { CheckResult, Report } from '../types.js';

/** The report as JUnit writes it, one test case per check; a warning passes, and is said in `system-out`. */
export function asJunit(report: Report): string {
  const cases = report.checks.map((check) => testCase(report, check));
  const count = (status: CheckResult['status']): number =>
    report.checks.filter((check) => check.status === status).length;
  const counts = `tests="${cases.length}" failures="${count('fail')}" errors="0" skipped="${count('skipped')}" time="${report.waited_ms / 1000}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="hawser arc verify" ${counts}>`,
    `  <testsuite name="${escape(`arc.${report.namespace}.${report.scale_set}`)}" ${counts} timestamp="${escape(report.started_at.replace(/(?:\.\d+)?Z$/u, ''))}">`,
    ...cases,
    `    <system-out>${escape(report.notes)}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(report: Report, { id, title, status, summary, advice }: CheckResult): string {
  const open = `    <testcase classname="${escape(`arc.${report.scale_set}`)}" name="${escape(`${id} ${title}`)}" time="0"`;
  const whole = escape([summary, advice].filter(Boolean).join('\n'));
  if (status === 'fail')
    return `${open}><failure message="${escape(summary)}" type="${id}">${whole}</failure></testcase>`;
  if (status === 'skipped') return `${open}><skipped message="${escape(summary)}"/></testcase>`;
  if (status === 'warn') return `${open}><system-out>${whole}</system-out></testcase>`;
  return `${open}/>`;
}

const signs: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 §2.2 has no way to write most control characters, nor halves of surrogate pairs, not even as references. */
function escape(text: string): string {
  return (
    text
      .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
      .replaceAll(/[&<>"']/gu, (sign) => signs[sign] ?? '')
      // In an attribute a reader makes spaces of these, unless they are references.
      .replaceAll(/[\t\n\r]/gu, (sign) => `&#${sign.charCodeAt(0)};`)
  );
}
