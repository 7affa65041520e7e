import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DoctorInput } from '@hawser/cli-kit';

/** The first line that a program says of itself, on either stream; undefined when it cannot be run or takes too long. */
export async function saidBy(
  program: string,
  args: readonly string[],
  { timeoutMs, signal, environment }: Pick<DoctorInput, 'timeoutMs' | 'signal' | 'environment'>,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, {
      timeout: timeoutMs,
      signal,
      env: { ...environment },
      shell: /\.cmd$/i.test(program),
    });
    return (stdout || stderr).trim().split('\n')[0];
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
