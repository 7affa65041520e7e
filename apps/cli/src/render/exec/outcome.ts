import type { Style } from '@hawser/cli-kit';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { nextStep } from '../../exec/outcome.js';
import { lengthOf, ranFor } from './words.js';

/** How an execution ended, as the last line of the talk. */
export function renderOutcome(record: ExecutionRecord, style: Style, nowMs: number): string {
  const ran = ranFor(record, nowMs);
  const after = ran === undefined ? '' : ` after ${lengthOf(ran)}`;
  switch (record.phase) {
    case 'succeeded':
      return `${style.good('✓')} ${record.execution_id} succeeded${after}${
        record.cancel_requested ? ', before it could be cancelled' : ''
      }.`;
    case 'cancelled':
      return `${style.warn('!')} ${record.execution_id} was cancelled${after}.`;
    case 'failed':
      return [
        `${style.bad('✗')} ${record.execution_id} ended with ${
          record.signal === undefined ? `exit code ${record.exit_code ?? 'unknown'}` : record.signal
        }${after}.`,
        ...(record.reason === undefined || record.reason_code === 'exit_nonzero'
          ? []
          : [`  ${record.reason}`, `  ${nextStep(record)}`]),
      ].join('\n');
    default:
      return renderStillRuns(record.execution_id, style);
  }
}

/** What can be done about an execution that is not watched any more. */
export function renderStillRuns(id: string, style: Style): string {
  return [
    `${style.warn('!')} ${id} goes on.`,
    `  Watch it again: hawser exec wait ${id}`,
    `  Cancel it: hawser exec cancel ${id}`,
  ].join('\n');
}
