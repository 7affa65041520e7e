import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How long processes that were told to end may take, in milliseconds. */
const PATIENCE_MS = 3_000;
/** How often it is looked meanwhile, in milliseconds. */
const LOOK_MS = 20;

/** Settles when no process is left that belongs to a folder; those that do not end by themselves are killed. */
export async function leaveNothing(folder: string): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0) return;
    if (performance.now() > untilMs) for (const pid of left) kill(pid);
    await delay(LOOK_MS);
  }
}

/** Processes that name the folder: in their words or, where the system shows it, in the environment they began with. */
function processesOf(folder: string): readonly number[] {
  if (process.platform === 'win32') return [];
  const found = process.platform === 'linux' ? onLinux(folder) : byPs(folder);
  return found.filter((pid) => pid !== process.pid);
}

function onLinux(folder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(folder));
      } catch {
        // No process, one that has gone meanwhile, or another person's.
        return false;
      }
    });
}

function byPs(folder: string): readonly number[] {
  const lines = execFileSync('ps', ['-Ao', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder)).map((line) => Number.parseInt(line, 10));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone meanwhile.
  }
}
