import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Stopped } from '@hawser/cli-kit';
import { CliError, type CliErrorCode } from '../errors.js';

/** How long a command that is told to end because its time is up may take for it, in milliseconds. */
const GRACE_MS = 10_000;

/**
 * Runs a command with our terminal and streams to its end and answers with its exit code, as a shell would say it.
 * What stops us is handed on to it, and when it is not waited for any longer it is killed; where nobody stops us and the
 * signal aborts all the same, its time is up, and it has a moment to end by itself.
 */
export async function runChild({
  command,
  env,
  signal,
  onEnd,
  stdout = 'stdout',
  notStarted = 'HAWSER_EMULATE_COMMAND_NOT_STARTED',
  graceMs = GRACE_MS,
}: {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onEnd: (cleanup: () => void) => void;
  /** Where its standard output goes; ours may be kept for JSON. */
  readonly stdout?: 'stdout' | 'stderr';
  /** What is thrown when it cannot be started. */
  readonly notStarted?: CliErrorCode;
  /** How long it may take to end when its time is up, in milliseconds. */
  readonly graceMs?: number;
}): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, stdio: ['inherit', stdout === 'stdout' ? 'inherit' : 2, 'inherit'] });
  let grace: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const { by } = signal.reason as Partial<Stopped>;
    child.kill(by ?? 'SIGTERM');
    if (by === undefined) grace = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  onEnd(() => void child.kill('SIGKILL'));
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new CliError(notStarted, `'${program}' cannot be started.`, {
      cause: error,
      details: { program, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' },
    });
  }
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  clearTimeout(grace);
  return child.signalCode === null ? (child.exitCode ?? 1) : 128 + constants.signals[child.signalCode];
}
