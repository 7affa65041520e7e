import type { Style } from '@hawser/cli-kit';
import type { Checked, DoctorReport } from '../doctor/checked.js';

/** The checks as lines: what was found, and below it what to do. */
export function renderChecks(checks: readonly Checked[], style: Style): string {
  const marks = { ok: style.good('✓'), warn: style.warn('!'), fail: style.bad('✗'), skip: style.faint('–') };
  const width = Math.max(...checks.map((check) => check.title.length));
  return checks
    .flatMap(({ state, title, found, next, ...more }) => {
      const { neededFor, mended } = more as Partial<DoctorReport>;
      const below = [
        ...(state === 'warn' || state === 'fail' ? [neededFor && `needed for ${neededFor}`] : []),
        next && `→ ${next}`,
      ].filter((line) => line !== undefined);
      return [
        `${marks[state]} ${title.padEnd(width)}  ${state === 'skip' ? style.faint(found) : found}`,
        ...below.map((line) => `  ${' '.repeat(width)}  ${style.faint(line)}`),
        ...(mended === undefined ? [] : [`  ${' '.repeat(width)}  ${style.good('mended')}: ${mended}`]),
      ];
    })
    .join('\n');
}

/** The same, topic by topic, and what it comes to. */
export function renderReports(reports: readonly DoctorReport[], style: Style): string {
  const topics = [...new Set(reports.map(({ topic }) => topic))];
  const width = Math.max(...reports.map(({ title }) => title.length));
  const blocks = topics.map((topic) => {
    const own = reports
      .filter((report) => report.topic === topic)
      .map((report) => ({ ...report, title: report.title.padEnd(width) }));
    return `${style.strong(topic)}\n${renderChecks(own, style)}`;
  });
  const count = (state: string): number => reports.filter((report) => report.state === state).length;
  const said = [
    `${count('ok')} in order`,
    ...(count('warn') > 0 ? [`${count('warn')} to look at`] : []),
    ...(count('fail') > 0 ? [`${count('fail')} missing or wrong`] : []),
    ...(count('skip') > 0 ? [`${count('skip')} not in use`] : []),
  ];
  return [...blocks, `${said.join(', ')}.`].join('\n\n');
}
