import type { Style } from '@hawser/cli-kit';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { type ColouredColumn, renderColumns } from '../columns.js';
import { lengthOf, paintPhase, phaseWord, ranFor, shortCommand } from './words.js';

/** Executions as a table, in the order given. */
export function renderList(executions: readonly ExecutionRecord[], style: Style, nowMs: number): string {
  if (executions.length === 0) return 'There are no such executions.';
  const columns: readonly ColouredColumn<ExecutionRecord>[] = [
    { heading: 'EXECUTION', value: ({ execution_id }) => execution_id, paint: (word) => style.strong(word) },
    {
      heading: 'PHASE',
      value: ({ phase }) => phaseWord(phase),
      paint: (word, { phase }) => paintPhase(phase, style, word),
    },
    { heading: 'EXIT', value: ({ exit_code }) => (exit_code === undefined ? '–' : String(exit_code)) },
    { heading: 'CREATED', value: ({ created_at }) => created_at.slice(0, 19).replace('T', ' ') },
    { heading: 'RAN', value: (record) => textOf(ranFor(record, nowMs)) },
    { heading: 'COMMAND', value: (record) => shortCommand(record, 48) },
  ];
  return renderColumns(executions, columns, style);
}

function textOf(ms: number | undefined): string {
  return ms === undefined ? '–' : lengthOf(ms);
}
