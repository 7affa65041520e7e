import type { ExecutionRecord, LogEvent, LogPage, Phase } from '../../src/contract/index.js';
import type { Asked } from './api-server.js';

/** Lines of a log, and pages of it as a service gives them: the cursor is the number of the next line. */
export function logOf(count: number): readonly LogEvent[] {
  return Array.from({ length: count }, (_, seq) => ({ seq, ts: seq, stream: 'runner', message: `line ${seq}` }));
}

/** A page of a log that is at its end. */
export function pageOf(log: readonly LogEvent[], asked: Asked, most = 10): LogPage {
  const from = Number(asked.query.get('cursor') ?? 0);
  const events = log.slice(from, from + Math.min(most, Number(asked.query.get('limit') ?? most)));
  const done = from + events.length === log.length;
  return { events, cursor: String(from + events.length), done, complete: done };
}

/** A record at a phase. */
export function recordAt(phase: Phase, version: number, id = 'exec_20251025143210_abcdefghij'): ExecutionRecord {
  return {
    execution_id: id,
    status: 'running',
    phase,
    version,
    attempt: 1,
    timeout_seconds: 1800,
    grace_seconds: 120,
    created_by: {},
    created_at: '2025-10-25T14:32:10.000Z',
    backend: { kind: 'memory' },
  };
}
