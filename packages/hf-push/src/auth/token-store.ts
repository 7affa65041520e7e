import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { HfPushError } from '../errors.js';
import { replaceFile } from '../files/replace-file.js';
import { systemClock, type Clock } from '../http/clock.js';
import { formatIni, parseIni, type Section } from './ini.js';
import { tokenFiles, type TokenFiles, type TokenPlace } from './paths.js';

/** A token to be kept. */
export interface NewToken {
  readonly token: string;
  /** Its section in the file of stored tokens. Default: `hawser`. */
  readonly name?: string;
  readonly refreshToken?: string;
  /** Unix seconds. */
  readonly expiresAt?: number;
}

/** Without line ends and surrounding spaces; undefined when nothing is left. */
export function cleanToken(text: string | undefined): string | undefined {
  return text?.replace(/[\r\n]/g, '').trim() || undefined;
}

/** The active token as it stands in its file. */
export async function readTokenFile(files: TokenFiles): Promise<string | undefined> {
  return cleanToken(await readText(files.token));
}

/** All stored tokens by name. */
export async function readStored(files: TokenFiles): Promise<Map<string, Section>> {
  return parseIni((await readText(files.stored)) ?? '');
}

/**
 * Keeps a token where the official tools look for it, makes it the active one, and lets nobody else read it: files 0600,
 * their folder 0700.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT when it is no token; HAWSER_HF_LOCAL_FILE.
 */
export async function saveToken(wanted: NewToken, place: TokenPlace): Promise<{ readonly path: string }> {
  const token = cleanToken(wanted.token);
  if (!token?.startsWith('hf_'))
    throw new HfPushError('HAWSER_HF_BAD_INPUT', 'That is no token of the Hub: they begin with hf_', {
      hint: 'Make a token with write permission at huggingface.co/settings/tokens.',
    });
  const files = tokenFiles(place);
  await underLock(files, async () => {
    await writeStored(files, { ...wanted, token });
    await writeSecret(files.token, token);
  });
  return { path: files.token };
}

/** Puts a token into its section, which is replaced as a whole. */
export async function writeStored(
  files: TokenFiles,
  { token, name = 'hawser', refreshToken, expiresAt }: NewToken,
): Promise<void> {
  const stored = await readStored(files);
  stored.set(sectionName(name), {
    hf_token: token,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(expiresAt === undefined ? {} : { expires_at: String(expiresAt) }),
  });
  await writeSecret(files.stored, formatIni(stored));
}

/** A name that configparser reads back; what stands under its own `DEFAULT` would count for every section. */
function sectionName(name: string): string {
  const clean = name.replace(/[\r\n\]]/g, ' ').trim();
  return clean === '' || clean === 'DEFAULT' ? 'hawser' : clean;
}

/** What forgetting found. */
export interface Forgotten {
  /** There was an active token, and it is gone. */
  readonly removed: boolean;
  /** A variable that still holds a token, which only who set it can take away. */
  readonly stillIn: 'HF_TOKEN' | 'HUGGING_FACE_HUB_TOKEN' | undefined;
}

/** Takes the active token away, and its section; other stored tokens stay. */
export async function forgetToken(place: TokenPlace): Promise<Forgotten> {
  const files = tokenFiles(place);
  const token = await readTokenFile(files);
  if (token !== undefined)
    await underLock(files, async () => {
      const stored = await readStored(files);
      for (const [name, section] of stored) if (section['hf_token'] === token) stored.delete(name);
      if (stored.size > 0) await writeSecret(files.stored, formatIni(stored));
      else await rm(files.stored, { force: true });
      await rm(files.token, { force: true });
    });
  const stillIn = (['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'] as const).find((name) => cleanToken(place.env[name]));
  return { removed: token !== undefined, stillIn };
}

/** Writes a file that only its owner can read, whole or not at all. */
export async function writeSecret(path: string, text: string): Promise<void> {
  try {
    await closeFolder(dirname(path));
    await replaceFile(path, text, 0o600);
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** Lets nobody else into the folder, as far as it is ours to say and nobody else needs it (/tmp). */
async function closeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode } = await stat(folder);
  if ((mode & 0o1000) === 0) await chmod(folder, 0o700).catch(() => undefined);
}

/** A lock that is older was left by a process that is gone, perhaps of another machine: nothing under it takes longer. */
const STALE_MS = 60_000;

/** One at a time among our own processes; the official tools have a lock of another kind. */
export async function underLock<Result>(
  files: TokenFiles,
  work: () => Promise<Result>,
  clock: Clock = systemClock,
  signal?: AbortSignal,
): Promise<Result> {
  const lock = `${files.stored}.hawser-lock`;
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unusable(lock, cause);
  });
  for (;;) {
    try {
      await writeFile(lock, `${process.pid}@${hostname()}`, { flag: 'wx', mode: 0o600 });
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(lock, cause);
    }
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    else await clock.sleep(50, signal);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const made = await stat(lock).catch(() => undefined);
  if (!made) return false;
  const [pid, host] = ((await readText(lock)) ?? '').split('@');
  return Date.now() - made.mtimeMs > STALE_MS || (host === hostname() && !isAlive(Number(pid)));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): HfPushError {
  return new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} cannot be used: ${(cause as Error).message}`, { cause });
}
