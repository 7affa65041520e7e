import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CliError } from '../errors.js';

/**
 * Hands on what a growing file holds, line by line: what is there, and with `follow` what comes, until the signal aborts.
 *
 * @throws CliError HAWSER_LOCAL_NOT_RUNNING when there is no such file
 */
export async function followLog(
  path: string,
  {
    follow,
    signal,
    onLine,
  }: { readonly follow: boolean; readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): Promise<void> {
  const file = await open(path).catch((cause: unknown) => {
    throw new CliError('HAWSER_LOCAL_NOT_RUNNING', 'No stack has run here yet: there is no log.', { cause });
  });
  let wake = (): void => {};
  let hasNews = true;
  const watcher = follow
    ? watch(dirname(path), (_event, name) => {
        if (name !== null && name !== basename(path)) return;
        hasNews = true;
        wake();
      })
    : undefined;
  const stop = (): void => wake();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let begun = '';
    const chunk = Buffer.alloc(1 << 16);
    while (!signal.aborted) {
      hasNews = false;
      for (let { bytesRead } = await file.read(chunk); bytesRead > 0; { bytesRead } = await file.read(chunk)) {
        const lines = (begun + chunk.toString('utf8', 0, bytesRead)).split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      }
      if (!follow) return;
      if (!hasNews) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    watcher?.close();
    await file.close();
  }
}
