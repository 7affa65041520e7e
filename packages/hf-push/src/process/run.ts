import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ProgramEnd {
  /** `missing`: there is no such program. Otherwise the exit code, or -1 for an end by a signal. */
  readonly code: number | 'missing';
  /** The end of what it printed, both streams as they came. */
  readonly output: string;
}

/** What a program may be given. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Is shown what is printed, as it comes. */
  readonly onOutput?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** More of the output is not kept. */
const keptChars = 64 * 1024;

/** Runs a program without a shell and without input. It is ended when the signal is aborted, whose reason is then thrown. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramEnd> {
  const { cwd, env, onOutput, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    ...(signal && { signal }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptChars);
      onOutput?.(text);
    });
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    let error: NodeJS.ErrnoException | undefined;
    child.on('error', (reason) => {
      error = reason;
      // A program that never began does not close either.
      if (child.pid === undefined) resolve(error);
    });
    child.on('close', () => resolve(error));
  });
  signal?.throwIfAborted();
  if (failure) return { code: failure.code === 'ENOENT' ? 'missing' : -1, output: output || failure.message };
  return { code: child.exitCode ?? -1, output };
}
