import type { ExecutionRecord } from './execution.js';

/** Whose exit code it is: the command's own, or a word of ours about how it ended. */
export type ExitOrigin = 'command' | 'timed_out' | 'never_ran' | 'cancelled' | 'lost' | 'still_running';

/** With what a program should exit that watched an execution. */
export interface ExitCode {
  readonly code: number;
  readonly origin: ExitOrigin;
}

/** Numbers of Linux's signals (signal(7), x86 and ARM), for a command of which only the signal is known. */
const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/**
 * With what to exit for an execution: the command's own code, 124 when it was stopped at its deadline, 125 when it never
 * ran or nobody knows how it ended, 130 when it was cancelled, 75 while it still runs. A command that ended with 0
 * although it was to be cancelled succeeded, and gives 0.
 */
export function exitCodeOf(record: Pick<ExecutionRecord, 'phase' | 'exit_code' | 'signal'>): ExitCode {
  switch (record.phase) {
    case 'succeeded':
      return { code: 0, origin: 'command' };
    case 'failed':
      return { code: record.exit_code ?? 128 + (signalNumbers[record.signal ?? ''] ?? 0), origin: 'command' };
    case 'timed_out':
      return { code: 124, origin: 'timed_out' };
    case 'cancelled':
      return { code: 130, origin: 'cancelled' };
    case 'error':
      return { code: 125, origin: 'never_ran' };
    case 'lost':
      return { code: 125, origin: 'lost' };
    default:
      return { code: 75, origin: 'still_running' };
  }
}
