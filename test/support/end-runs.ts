import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Ends the runners that a killed service of local mode left behind. */
export function endRuns(folder: string): void {
  for (const run of readdirSync(join(folder, 'runs'))) {
    try {
      const { pid } = JSON.parse(readFileSync(join(folder, 'runs', run, 'process.json'), 'utf8')) as {
        readonly pid: number;
      };
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}
