import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Stopped } from '@hawser/cli-kit';
import { CliError, type CliErrorCode } from '../errors.js';

/**
 * Runs a command with our terminal and streams to its end and answers with its exit code, as a shell would say it.
 * What stops us is handed on to it, and when it is not waited for any longer it is killed.
 */
export async function runChild({
  command,
  env,
  signal,
  onEnd,
  stdout = 'stdout',
  notStarted = 'HAWSER_EMULATE_COMMAND_NOT_STARTED',
}: {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onEnd: (cleanup: () => void) => void;
  /** Where its standard output goes; ours may be kept for JSON. */
  readonly stdout?: 'stdout' | 'stderr';
  /** What is thrown when it cannot be started. */
  readonly notStarted?: CliErrorCode;
}): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, stdio: ['inherit', stdout === 'stdout' ? 'inherit' : 2, 'inherit'] });
  const tell = (): void => void child.kill((signal.reason as Partial<Stopped>).by ?? 'SIGTERM');
  signal.addEventListener('abort', tell, { once: true });
  onEnd(() => void child.kill('SIGKILL'));
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new CliError(notStarted, `'${program}' cannot be started.`, {
      cause: error,
      details: { program, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' },
    });
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode === null ? (child.exitCode ?? 1) : 128 + constants.signals[child.signalCode];
}
