import type { Style } from '@hawser/cli-kit';
import type { TranscriptVerdict } from '@hawser/k8s-sessions/log';

/** What a transcript holds, and whether it holds. */
export function renderTranscript(verdict: TranscriptVerdict, style: Style): string {
  if (!verdict.ok) {
    const where = verdict.segment === null ? '' : `Segment ${verdict.segment} is the first that is wrong. `;
    return `${style.bad('✗')} ${where}${verdict.why}`;
  }
  const { bytes, lines, segments, dropped, complete, receipt } = verdict;
  return [
    `${style.good('✓')} ${bytes} bytes, ${lines} lines in ${segments} segments: complete and unaltered.`,
    ...(dropped > 0
      ? [`${style.warn('!')} ${dropped} segments of the middle were dropped for the limit of the log.`]
      : []),
    ...(complete ? [] : [`${style.warn('!')} The runner was lost before all of its log reached the service.`]),
    ...receipt.checks.map(({ name, text }) => style.faint(`  ${name}: ${text}`)),
  ].join('\n');
}
