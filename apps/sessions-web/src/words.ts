import type { ExitRecord, SessionState } from '@hawser/k8s-sessions/protocol';

/** What the dot, the icon and the colours of the page tell. */
export type Stage = 'opening' | 'starting' | 'running' | 'succeeded' | 'failed' | 'closed';

/** A time as people read it: `0:07`, `12:40`, `3:02:11`. Negative times count as none. */
export function clockOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A count with its noun: `1 line`, `12,400 lines`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const stateWords: Readonly<Record<SessionState, string>> = {
  requested: 'Requested',
  queued: 'Queued',
  starting: 'Starting',
  fetching: 'Fetching the code',
  installing: 'Installing',
  running: 'Running',
  draining: 'Finishing',
  exited: 'Finished',
  archived: 'Finished',
  expired: 'Expired',
};

const reasonWords: Readonly<Partial<Record<ExitRecord['reason'], string>>> = {
  oom: 'Out of memory',
  deadline: 'Time limit reached',
  evicted: 'Evicted from its node',
  node_lost: 'Its node was lost',
  fetch_failed: 'The code could not be fetched',
  install_failed: 'Installing failed',
  start_timeout: 'Could not be started in time',
  cancelled: 'Stopped',
  idle: 'Stopped for being idle',
  lost: 'Lost',
};

/** A state in a word or two; an end in the words of its exit record. */
export function stateText(state: SessionState, exit: ExitRecord | null): string {
  if (!exit) return stateWords[state];
  const status = exit.signal ?? (exit.code === null ? null : `exit ${exit.code}`);
  const why = reasonWords[exit.reason] ?? (exit.reason === 'signal' ? 'Killed' : 'Finished');
  return status === null ? why : `${why}, ${status}`;
}

/** The stage that a state belongs to. */
export function stageOf(state: SessionState, exit: ExitRecord | null): Stage {
  if (exit) return exit.reason === 'ok' ? 'succeeded' : 'failed';
  if (state === 'running' || state === 'draining') return 'running';
  if (state === 'exited' || state === 'archived' || state === 'expired') return 'closed';
  return 'starting';
}
