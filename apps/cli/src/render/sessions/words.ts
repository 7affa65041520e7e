import type { Style } from '@hawser/cli-kit';
import type { ExitReason, ExitRecord, SessionState, SessionView } from '@hawser/k8s-sessions/protocol';

const reasons: Readonly<Record<ExitReason, (exit: ExitRecord) => string>> = {
  ok: () => 'exited with 0',
  nonzero: ({ code }) => `exited with ${code}`,
  signal: ({ signal }) => `was ended by ${signal}`,
  oom: () => 'ran out of memory',
  deadline: () => 'ran out of time',
  evicted: () => 'was evicted from its node',
  node_lost: () => 'was lost with its node',
  fetch_failed: () => 'could not fetch its source',
  install_failed: () => 'could not install its source',
  start_timeout: () => 'never started',
  cancelled: () => 'was cancelled',
  idle: () => 'was ended for idleness',
  lost: () => 'was lost',
};

/** How a session ended, behind "It …". */
export function wordsOfExit(exit: ExitRecord): string {
  const left = exit.leftBehind ? `, and left ${exit.leftBehind} processes behind` : '';
  return `${reasons[exit.reason](exit)}${left}${exit.message === undefined ? '' : `: ${exit.message}`}`;
}

/** The state with its exit code, for a column. */
export function stateWord({ state, exit }: Pick<SessionView, 'state' | 'exit'>): string {
  if (!exit) return state;
  return exit.code === null ? exit.reason : `${exit.reason} (${exit.code})`;
}

/** A state's word in its colour. */
export function paintState(
  { state, exit }: { state: SessionState; exit: ExitRecord | null },
  style: Style,
  word: string,
): string {
  if (!exit) return state === 'running' ? style.good(word) : style.warn(word);
  return exit.reason === 'ok' ? style.faint(word) : style.bad(word);
}

/** What a session runs, on one line of at most so many characters. */
export function shortCommand({ command, argv }: Pick<SessionView, 'command' | 'argv'>, most: number): string {
  const line = (command ?? argv?.join(' ') ?? '').replace(/\s+/gu, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
