import type { ExitReason, SessionState } from './types.js';

/** All states, in the order a session goes through them. */
export const sessionStates: readonly SessionState[] = [
  'requested',
  'queued',
  'starting',
  'fetching',
  'installing',
  'running',
  'draining',
  'exited',
  'archived',
  'expired',
];

/** All reasons an {@link ExitReason} can be. */
export const exitReasons: readonly ExitReason[] = [
  'ok',
  'nonzero',
  'signal',
  'oom',
  'deadline',
  'evicted',
  'node_lost',
  'fetch_failed',
  'install_failed',
  'start_timeout',
  'cancelled',
  'idle',
  'lost',
];

/**
 * Where each state may lead. A state may be skipped forwards (no source: no `fetching`) but never entered again, and
 * every state in which work is still possible has an edge to `exited`: whatever is lost, killed or refused ends there.
 */
export const sessionEdges: Readonly<Record<SessionState, readonly SessionState[]>> = {
  requested: ['queued', 'starting', 'exited'],
  queued: ['starting', 'exited'],
  starting: ['fetching', 'installing', 'running', 'draining', 'exited'],
  fetching: ['installing', 'running', 'draining', 'exited'],
  installing: ['running', 'draining', 'exited'],
  running: ['draining', 'exited'],
  draining: ['exited'],
  exited: ['archived', 'expired'],
  archived: ['expired'],
  expired: [],
};

/** Whether a session in `from` may go to `to`; staying where it is is no step. */
export function mayFollow(from: SessionState, to: SessionState): boolean {
  return sessionEdges[from].includes(to);
}

/** Whether the command is over and the exit record stands. */
export function isOver(state: SessionState): boolean {
  return state === 'exited' || state === 'archived' || state === 'expired';
}
