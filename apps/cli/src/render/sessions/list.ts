import type { Style } from '@hawser/cli-kit';
import type { SessionView } from '@hawser/k8s-sessions/protocol';
import { type ColouredColumn, renderColumns } from '../columns.js';
import { paintState, shortCommand, stateWord } from './words.js';

/** Sessions as a table, in the order given. */
export function renderList(sessions: readonly SessionView[], style: Style): string {
  if (sessions.length === 0) return 'There are no such sessions.';
  const columns: readonly ColouredColumn<SessionView>[] = [
    { heading: 'SESSION', value: ({ sessionId }) => sessionId, paint: (word) => style.strong(word) },
    { heading: 'STATE', value: stateWord, paint: (word, session) => paintState(session, style, word) },
    { heading: 'CREATED', value: ({ createdAt }) => createdAt.slice(0, 19).replace('T', ' ') },
    { heading: 'VIEWERS', value: ({ viewers }) => String(viewers) },
    { heading: 'COMMAND', value: (session) => shortCommand(session, 48) },
  ];
  return renderColumns(sessions, columns, style);
}
