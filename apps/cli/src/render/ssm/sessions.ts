import type { Out } from '@hawser/cli-kit';
import type { SessionSummary } from '@hawser/ssm-channel/aws';

/** Sessions as a table. */
export async function renderSessions(sessions: readonly SessionSummary[], out: Out): Promise<string> {
  if (sessions.length === 0) return 'There are no such sessions.';
  return out.table(sessions, [
    { heading: 'SESSION', value: ({ sessionId }) => sessionId },
    { heading: 'TARGET', value: ({ target }) => target },
    { heading: 'STATE', value: ({ status }) => status },
    { heading: 'DOCUMENT', value: ({ document }) => document ?? '' },
    { heading: 'STARTED', value: ({ started }) => started?.toISOString() ?? '' },
    { heading: 'REASON', value: ({ reason }) => reason ?? '' },
  ]);
}
