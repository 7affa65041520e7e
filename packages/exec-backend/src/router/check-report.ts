import type { JobReport } from '@hawser/exec-client/contract';
import { invalid, requiredText, textField } from './http.js';

type Fields = Readonly<Record<string, unknown>>;

const events: readonly string[] = ['preparing', 'prepared', 'running', 'ended', 'failed'];

/** Holds the body of a report to its form: what a task says of itself ends up in records and receipts. */
export function checkReport(body: Fields): JobReport {
  requiredText(body, 'token', 256);
  if (!events.includes(body['event'] as string)) throw invalid('event', `must be one of ${events.join(', ')}`);
  for (const name of ['attempt', 'at']) checkCount(body, name, true);
  checkCount(body, 'exit_code', false);
  for (const name of ['commit', 'tree', 'signal', 'reason_code']) {
    const value = textField(body, name, 64);
    if (value !== undefined && !/^\w+$/.test(value)) throw invalid(name, 'must be letters, digits and _');
  }
  textField(body, 'reason', 2048);
  if (body['timed_out'] !== undefined && typeof body['timed_out'] !== 'boolean') {
    throw invalid('timed_out', 'must be true or false');
  }
  if (body['log'] !== undefined) checkLog(body['log']);
  return body as unknown as JobReport;
}

function checkLog(log: unknown): void {
  if (typeof log !== 'object' || log === null) throw invalid('log', 'must be an object');
  for (const name of ['lines', 'bytes']) checkCount(log as Fields, name, true);
  const digest = textField(log as Fields, 'sha256', 64);
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest)) throw invalid('log.sha256', 'must be 64 hex digits');
}

function checkCount(source: Fields, name: string, required: boolean): void {
  const value = source[name];
  if (value === undefined && !required) return;
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw invalid(name, 'must be a whole number from 0');
}
