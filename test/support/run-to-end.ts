import { Program } from './program.js';

/** How a program ended and all it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that finds nothing on its standard input unless told otherwise. Never rejects for how it ended. */
export async function runToEnd(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Promise<Ended> {
  await using program = new Program(file, args, { input: '', ...options });
  const { code } = await program.ended;
  return { code, stdout: program.text, stderr: program.stderr };
}
