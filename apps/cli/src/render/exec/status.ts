import type { Style } from '@hawser/cli-kit';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { commandOf, lengthOf, paintPhase, placeOf, ranFor, secondsOf } from './words.js';

/** An execution as people see it: a line for each thing that is known. */
export function renderExecution(record: ExecutionRecord, style: Style, nowMs: number): string {
  const ran = ranFor(record, nowMs);
  const { repo, lock, image, log } = record;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Execution ID', style.strong(record.execution_id)],
    ['Status', `${record.status}: ${paintPhase(record.phase, style)}${exitOf(record)}`],
    ['Reason', record.reason && `${record.reason}${record.reason_code ? ` (${record.reason_code})` : ''}`],
    ['Command', commandOf(record)],
    ['Runs on', placeOf(record.backend)],
    ['Repository', repo && `${repo.url}${repo.dirty ? ', with work that is in no commit' : ''}`],
    ['Branch', repo?.ref],
    ['Commit', repo?.commit],
    ['Tree', repo?.dirty ? repo.tree : undefined],
    ['Folder', record.workdir],
    ['Image', image?.ref && `${image.ref}${image.digest ? ` (${image.digest})` : ''}`],
    ['Variables', namesOf(record.env)],
    ['Secrets', namesOf(record.secrets)],
    ['Lock', lock && `${lock.name}${lockState(lock)}`],
    ['Labels', record.labels && pairs(record.labels)],
    ['By', record.created_by.name ?? record.created_by.arn ?? record.created_by.key_id],
    ['Created', record.created_at],
    ['Started', record.started_at],
    ['Finished', record.finished_at],
    ['Duration', ran === undefined ? undefined : lengthOf(ran)],
    ['Deadline', secondsOf(record.timeout_seconds)],
    ['Attempt', record.attempt > 1 ? String(record.attempt) : undefined],
    ['Log', log && `${log.lines} lines, ${log.bytes} bytes${log.complete ? '' : ', not complete'}`],
    ['Cost', record.cost_usd === undefined ? undefined : `about $${record.cost_usd.toFixed(4)}`],
    ['Task', record.task?.arn],
  ];
  return lines.flatMap(([name, text]) => (text ? [`${`${name}:`.padEnd(14)}${text}`] : [])).join('\n');
}

function exitOf({ exit_code, signal }: ExecutionRecord): string {
  if (signal !== undefined) return `, ended by ${signal}`;
  return exit_code === undefined ? '' : `, exit code ${exit_code}`;
}

function lockState({ fence, position }: NonNullable<ExecutionRecord['lock']>): string {
  if (position !== undefined) return `, number ${position} in its queue`;
  return fence === undefined ? '' : `, fence ${fence}`;
}

function namesOf(values: Readonly<Record<string, string>> | undefined): string | undefined {
  return values && Object.keys(values).join(', ');
}

function pairs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
