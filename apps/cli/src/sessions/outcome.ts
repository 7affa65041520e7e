import { constants } from 'node:os';
import { exitCodes } from '@hawser/cli-kit/start';
import type { ExitRecord } from '@hawser/k8s-sessions/protocol';

/** Whose exit code it is: the command's own, or a word of ours about how it ended. */
export type ExitOrigin = 'command' | 'timed_out' | 'never_ran' | 'cancelled' | 'lost' | 'still_running';

/** With what to exit. */
export interface SessionExit {
  readonly code: number;
  readonly origin: ExitOrigin;
}

/**
 * With what to exit for a session: the command's own code, or 128 and the signal that ended it; 124 when its time was up,
 * 125 when it never ran or nobody knows how it ended, 130 when it was cancelled, 75 while it runs.
 */
export function exitOf(exit: ExitRecord | null | undefined): SessionExit {
  if (!exit) return { code: exitCodes.stillRuns, origin: 'still_running' };
  switch (exit.reason) {
    case 'ok':
    case 'nonzero':
      return { code: exit.code ?? exitCodes.neverRan, origin: 'command' };
    case 'signal':
    case 'oom':
      return { code: exit.code ?? 128 + numberOf(exit.signal ?? 'SIGKILL'), origin: 'command' };
    case 'deadline':
    case 'idle':
      return { code: exitCodes.timedOut, origin: 'timed_out' };
    case 'cancelled':
      return { code: exitCodes.SIGINT, origin: 'cancelled' };
    case 'fetch_failed':
    case 'install_failed':
    case 'start_timeout':
      return { code: exitCodes.neverRan, origin: 'never_ran' };
    default:
      return { code: exitCodes.neverRan, origin: 'lost' };
  }
}

function numberOf(signal: string): number {
  return (constants.signals as Readonly<Record<string, number>>)[signal] ?? 0;
}
