import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { wakeOn } from '@hawser/state-store/files';
import { CliError } from '../errors.js';

/** Where nothing tells of changes, the file is looked at this often, in milliseconds. */
const SILENCE_MS = 5000;

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
  const changes = follow ? wakeOn(dirname(path), (entry) => entry === basename(path)) : undefined;
  try {
    let begun = '';
    const chunk = Buffer.alloc(1 << 16);
    while (!signal.aborted) {
      for (let { bytesRead } = await file.read(chunk); bytesRead > 0; { bytesRead } = await file.read(chunk)) {
        const lines = (begun + chunk.toString('utf8', 0, bytesRead)).split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      }
      if (!changes) return;
      await changes.next(SILENCE_MS, signal);
    }
  } finally {
    changes?.close();
    await file.close();
  }
}
