import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { ExecError } from '../errors.js';

/** How git is called. */
export interface GitCall {
  readonly cwd: string;
  /** Beside this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Given to git's standard input. */
  readonly input?: Uint8Array | string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Reads what git writes, instead of it being kept. */
  readonly read?: (output: Readable) => Promise<void>;
}

/**
 * Runs git, and gives its output byte for byte: paths and differences are not always UTF-8. It asks nobody anything: a
 * prompt for a password would stand in the middle of somebody's output.
 *
 * @throws ExecError HAWSER_EXEC_GIT_FAILED with what git said, without credentials
 */
export async function runGit(words: readonly string[], call: GitCall): Promise<Buffer> {
  const { cwd, env, input, signal, timeoutMs, read } = call;
  const signals = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)].filter((one) => !!one);
  const child = spawn('git', words, {
    cwd,
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Without a controlling terminal there is none that ssh could ask.
    detached: true,
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
  });
  // Git may be done before it has read all: its exit code tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const chunks: Buffer[] = [];
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  if (!read) child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(child, 'close') as Promise<[number | null]>;
  try {
    const [[code]] = await Promise.all([closed, read?.(child.stdout)]);
    if (code !== 0) throw gitFailed(words, Buffer.concat(said).toString());
  } catch (error) {
    child.kill('SIGKILL');
    child.stdout.destroy();
    await closed.catch(() => undefined);
    signal?.throwIfAborted();
    if (error instanceof ExecError) throw error;
    throw gitFailed(words, (error as Error).message, error);
  }
  return Buffer.concat(chunks);
}

/** The same as text, without the line end behind it. */
export async function gitText(words: readonly string[], call: GitCall): Promise<string> {
  return (await runGit(words, call)).toString('utf8').replace(/\n$/, '');
}

/** What git said, as an error of ours. */
export function gitFailed(words: readonly string[], said: string, cause?: unknown): ExecError {
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return new ExecError('HAWSER_EXEC_GIT_FAILED', 'git cannot be run: it is not installed.', {
      hint: 'Install git, or pass --no-repo.',
      cause,
    });
  }
  const verb = words.find((word) => /^[a-z]/.test(word)) ?? '';
  const text = said.replaceAll(/:\/\/[^/\s@]*@/g, '://').trim();
  const last = text.split('\n').at(-1) ?? '';
  return new ExecError('HAWSER_EXEC_GIT_FAILED', `git ${verb} failed: ${last || 'it said nothing'}`, {
    hint: text.includes('\n') ? `git said: ${text}` : undefined,
    cause,
  });
}
