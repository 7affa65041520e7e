import type { SessionView } from '../protocol/types.js';
import type { SessionRow } from '../store/types.js';

/** A session as the API shows it: nothing of its prompt, its environment, its secrets or its addresses. */
export function viewOf(row: SessionRow, base: string): SessionView {
  const self = `/api/sessions/${row.id}`;
  return {
    sessionId: row.id,
    state: row.state,
    owner: row.owner,
    command: row.command,
    argv: row.argv,
    source: row.source && { url: row.source.url, revision: row.sourceRevision },
    labels: row.labels,
    size: row.size,
    egress: row.egress,
    exitOnJob: row.exitOnJob,
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    exitedAt: row.state === 'draining' ? null : isoOrNull(row.exitedAt),
    deadlineAt: row.runnerEpoch === null ? null : isoOrNull(row.deadlineAt),
    retainUntil: isoOrNull(row.retainUntil),
    detail: row.detail,
    exit: row.state === 'draining' ? null : row.exit,
    log: { first: 0, head: row.logHead, lines: row.logLines },
    viewers: row.viewers,
    version: row.version,
    links: { self, terminal: `${base}/ws/${row.id}`, log: `${self}/log`, events: `${self}/events` },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
