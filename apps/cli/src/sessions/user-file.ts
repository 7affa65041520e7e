import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionsError } from '@hawser/k8s-sessions';
import { writeWhole } from '../wiring/write-whole.js';

/** The service a person uses, and the key for it. */
export interface ConfiguredService {
  readonly url: string;
  readonly api_key: string;
  /** Public keys (PEM) that its receipts are verified with; kept when it was configured. */
  readonly receipt_keys?: readonly string[];
}

/** Where a person's own file is. */
export function userFilePath(configDir: string): string {
  return join(configDir, 'sessions.json');
}

/**
 * Reads it; undefined when there is none.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when it holds something else, or others may write to it
 */
export async function readUserFile(configDir: string): Promise<ConfiguredService | undefined> {
  const path = userFilePath(configDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${path} cannot be read.`, { cause: error });
  }
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o022) !== 0) {
    throw new SessionsError(
      'HAWSER_SESSIONS_BAD_INPUT',
      `${path} can be changed by others than you, and is not read.`,
      {
        hint: `Look at what stands in it, then: chmod 600 ${path}`,
      },
    );
  }
  try {
    const { url, api_key, receipt_keys = [] } = JSON.parse(text) as Partial<ConfiguredService>;
    const areKeys = Array.isArray(receipt_keys) && receipt_keys.every((key) => typeof key === 'string');
    if (typeof url === 'string' && typeof api_key === 'string' && areKeys) return { url, api_key, receipt_keys };
  } catch {
    // Told below: no JSON is as wrong as the wrong JSON.
  }
  throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${path} does not say which service and with which key.`, {
    hint: 'hawser sessions configure URL writes it anew.',
  });
}

/** Writes it, for its owner only, and answers where it is. */
export async function saveUserFile(configDir: string, service: ConfiguredService): Promise<string> {
  const path = userFilePath(configDir);
  await mkdir(configDir, { recursive: true, mode: 0o700 });
  await writeWhole(
    path,
    `${JSON.stringify({ $schema: 'https://hawser.dev/schemas/sessions-1.json', ...service }, null, 2)}\n`,
    { mode: 0o600 },
  );
  return path;
}
