import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The remote of the repository one stands in. */
export async function remoteHere(signal: AbortSignal): Promise<string | undefined> {
  const run = promisify(execFile);
  return run('git', ['remote', 'get-url', 'origin'], { signal }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}
