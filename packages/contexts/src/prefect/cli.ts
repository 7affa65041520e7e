import { spawn } from 'node:child_process';
import { ContextsError } from '../errors.js';
import { openDraft, readText, textIn, valueIn } from '../files.js';
import type { Environment } from '../types.js';

/** What Prefect's own command line is asked to write. */
export interface PrefectCliOptions {
  /** The program; `prefect` unless given. */
  readonly program?: string | undefined;
  readonly profile: string;
  readonly apiUrl: string;
  /** The file that Prefect will write. */
  readonly file: string;
  readonly switches: boolean;
  readonly env: Environment;
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a profile by Prefect's own command line, which writes the whole file anew: comments and settings it does not
 * know are lost.
 *
 * `profile create` fails for a profile that is there, and has no way to replace one, so it is only called for one that is
 * missing. `config set` takes no profile: the root option `--profile` chooses it, and is only seen in first place.
 * `profile use` ends with an error when the server cannot be reached, although the file was changed: what the file says
 * then decides (prefect/cli/profile.py, prefect/settings/sources.py, release 3.8).
 *
 * @throws ContextsError HAWSER_CTX_TOOL_FAILED with what the program said, also when it cannot be started
 */
export async function writeByPrefect(options: PrefectCliOptions): Promise<void> {
  const { profile, apiUrl, file, switches } = options;
  const before = await profilesIn(file);
  if (valueIn(before, 'profiles', profile) === undefined) await call(options, ['profile', 'create', profile]);
  if (textIn(before, 'profiles', profile, 'PREFECT_API_URL') !== apiUrl) {
    await call(options, ['--profile', profile, 'config', 'set', `PREFECT_API_URL=${apiUrl}`]);
  }
  if (!switches || textIn(before, 'active') === profile) return;
  try {
    await call(options, ['profile', 'use', profile]);
  } catch (error) {
    if (textIn(await profilesIn(file), 'active') !== profile) throw error;
  }
}

async function profilesIn(file: string): Promise<unknown> {
  return (await openDraft(file, 'toml', (await readText(file)) ?? '')).value;
}

async function call(options: PrefectCliOptions, args: readonly string[]): Promise<void> {
  const { program = 'prefect', env, directory, signal } = options;
  const quiet = { PREFECT_SERVER_ANALYTICS_ENABLED: 'false', NO_COLOR: '1', COLUMNS: '200' };
  const { code, said } = await new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...env, ...quiet },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(signal?.aborted === true ? cause : notStarted(program, cause)),
    );
    child.on('close', (exitCode) => resolve({ code: exitCode, said: Buffer.concat(chunks).toString().trim() }));
  });
  if (code === 0) return;
  const command = [program, ...args].join(' ');
  throw new ContextsError('HAWSER_CTX_TOOL_FAILED', `${command} failed:\n${said}`, {
    details: { command, exitCode: code },
  });
}

function notStarted(program: string, cause: NodeJS.ErrnoException): ContextsError {
  return new ContextsError('HAWSER_CTX_TOOL_FAILED', `${program} cannot be started: ${cause.message}.`, {
    hint: 'Install Prefect, or leave --via-cli out: hawser writes the profile by itself.',
    details: { command: program },
    cause,
  });
}
