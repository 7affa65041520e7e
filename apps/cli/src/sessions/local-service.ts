import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Config } from '@oclif/core';
import type { Context, FailureEnvelope } from '@hawser/cli-kit';
import { SessionsError } from '@hawser/k8s-sessions';
import { findLocalService, type FoundService } from '@hawser/k8s-sessions/local';
import type { ServingSessions } from './serve.js';

/** Where a person's sessions on this machine lie. */
export function localFolder({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'sessions');
}

/** The service that serves this person's sessions on this machine, when one runs. */
export function runningService(config: Pick<Config, 'dataDir'>): FoundService | undefined {
  return findLocalService(localFolder(config));
}

/**
 * Starts `hawser sessions serve` as a process of its own, which stays when this one ends.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOCAL_FAILED with where it wrote what is wrong
 */
export async function startService(
  config: Pick<Config, 'dataDir' | 'root'>,
  { out, signal }: Pick<Context, 'out' | 'signal'>,
): Promise<FoundService> {
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
    // It says one line when it is ready. Of two that are started at once one finds the folder served: that is as good.
    const [line] = (await Promise.race([once(lines, 'line'), once(child, 'close')])) as readonly unknown[];
    signal.throwIfAborted();
    const said = (typeof line === 'string' ? JSON.parse(line) : {}) as Partial<ServingSessions & FailureEnvelope>;
    if (said.note !== undefined) out.say(`  ${said.note}`);
    const service = runningService(config);
    if (service) return service;
    const why = said.error === undefined ? '.' : `: ${said.error.message}`;
    throw new SessionsError(
      'HAWSER_SESSIONS_LOCAL_FAILED',
      `The sessions service of this machine did not start${why}`,
      {
        hint: said.error?.hint ?? `${logFile} says why; hawser sessions serve shows it here.`,
      },
    );
  } finally {
    signal.removeEventListener('abort', stop);
    output.destroy();
    child.unref();
  }
}
