import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A run of git that could not be had. */
export class GitMissing extends Error {}

/** A running git. */
export interface GitRun {
  readonly stdout: Readable;
  /** How it ended: its exit code, and what it complained about. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Runs git without anybody's settings. Throws {@link GitMissing} where there is none. */
export async function runGit(
  args: readonly string[],
  options: { readonly input: Buffer; readonly protocol?: string; readonly signal: AbortSignal },
): Promise<GitRun> {
  const child = spawn('git', [...args], {
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      ...(options.protocol === undefined ? {} : { GIT_PROTOCOL: options.protocol }),
    },
  });
  const stop = (): void => void child.kill('SIGKILL');
  options.signal.addEventListener('abort', stop, { once: true });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // It may have read all it wants before it has read everything.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]) => {
    options.signal.removeEventListener('abort', stop);
    return { code: code as number | null, stderr };
  });
  // Who could not start it hears of that below.
  ended.catch(() => undefined);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new GitMissing('git is not installed.', { cause });
  }
  child.stdin.end(options.input);
  return { stdout: child.stdout, ended };
}
