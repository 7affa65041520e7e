import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** A process, told apart from another one that gets its number later. */
export interface Identity {
  readonly pid: number;
  /** When it began, in whatever words the system has for it. */
  readonly start: string;
}

/** Who has this number now; undefined when nobody has, or one that ended and waits to be noticed. */
export function identify(pid: number): Identity | undefined {
  const start = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid);
  return start === undefined ? undefined : { pid, start };
}

/** Whether that very process still runs. */
export function isAlive({ pid, start }: Identity): boolean {
  return identify(pid)?.start === start;
}

/** Processes that carry a variable in the environment they began with; on Linux, others have no way to tell. */
export function processesWith(name: string, value: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const wanted = Buffer.from(`\0${name}=${value}\0`);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return Buffer.concat([zero, readFileSync(`/proc/${pid}/environ`), zero]).includes(wanted);
      } catch {
        // Gone meanwhile, or another person's.
        return false;
      }
    });
}

/** Sends a signal; a negative number is a group. Whether there was somebody to get it. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

const zero = Buffer.alloc(1);

/** Fields 3 and 22 of proc_pid_stat(5), counted behind the name, which may hold anything. */
function startOnLinux(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startElsewhere(pid: number): string | undefined {
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}
