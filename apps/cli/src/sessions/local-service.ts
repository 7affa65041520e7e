import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Config } from '@oclif/core';
import { SessionsError } from '@hawser/k8s-sessions';
import { knock } from './knock.js';

/** The sessions service of this machine, as `sessions serve` writes it down for other commands. */
export interface LocalService {
  readonly url: string;
  readonly api_key: string;
  readonly pid: number;
}

/** Where a person's sessions on this machine lie. */
export function localFolder({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'sessions');
}

function serviceFile(config: Pick<Config, 'dataDir'>): string {
  return join(localFolder(config), 'service.json');
}

/** Writes down where the service of this machine is, for its owner only, and answers with what takes that back. */
export async function rememberLocalService(
  config: Pick<Config, 'dataDir'>,
  service: LocalService,
): Promise<() => Promise<void>> {
  const file = serviceFile(config);
  mkdirSync(localFolder(config), { recursive: true, mode: 0o700 });
  const draft = `${file}.${service.pid}`;
  await writeFile(draft, JSON.stringify(service), { mode: 0o600 });
  await rename(draft, file);
  return async () => {
    // Another may have taken its place meanwhile.
    if ((await readLocalService(config))?.pid === service.pid) await rm(file, { force: true });
  };
}

/** The service of this machine, when it answers. */
export async function findLocalService(
  config: Pick<Config, 'dataDir'>,
  signal: AbortSignal,
): Promise<LocalService | undefined> {
  const service = await readLocalService(config);
  if (!service) return undefined;
  try {
    // Its port may be somebody else's by now; only its own key opens this.
    await knock({ url: service.url, apiKey: service.api_key }, signal);
    return service;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SessionsError) return undefined;
    throw error;
  }
}

/**
 * Starts the service of this machine as a process of its own, which stays when this one ends.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOCAL_FAILED with where it wrote what is wrong
 */
export async function startLocalService(
  config: Pick<Config, 'dataDir' | 'root'>,
  signal: AbortSignal,
): Promise<LocalService> {
  const folder = localFolder(config);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logFile = join(folder, 'service.log');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [join(config.root, 'bin/hawser.js'), 'sessions', 'serve', '--json'], {
    // Not of the folder one stands in, which may be taken away.
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const output = child.stdout!;
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const lines = createInterface({ input: output });
    const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])])) as readonly (
      | string
      | undefined
    )[];
    signal.throwIfAborted();
    lines.close();
    // Of two that were started at once, one finds the folder taken; the other is as good.
    const service = line === undefined ? await findLocalService(config, signal) : readService(line);
    if (service) return service;
    throw new SessionsError('HAWSER_SESSIONS_LOCAL_FAILED', 'The sessions service of this machine did not start.', {
      hint: `${logFile} says why; hawser sessions serve shows it here.`,
    });
  } finally {
    signal.removeEventListener('abort', stop);
    output.destroy();
    child.unref();
  }
}

async function readLocalService(config: Pick<Config, 'dataDir'>): Promise<LocalService | undefined> {
  const text = await readFile(serviceFile(config), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : readService(text);
}

function readService(text: string): LocalService | undefined {
  try {
    const { url, api_key, pid } = JSON.parse(text) as Partial<LocalService>;
    return typeof url === 'string' && typeof api_key === 'string' && typeof pid === 'number'
      ? { url, api_key, pid }
      : undefined;
  } catch {
    return undefined;
  }
}
