import { readdirSync, readFileSync } from 'node:fs';

/** Set for every command, and inherited by all that it starts: what its processes are known by. */
export const marker = 'HAWSER_EXEC_ID';

/**
 * Processes of one execution that are visible from here: those that carry its marker in their environment, which on
 * Linux can be read (proc_pid_environ(5)). Empty elsewhere; there the process group alone is known.
 */
export function processesOf(executionId: string): readonly number[] {
  const wanted = Buffer.from(`\0${marker}=${executionId}\0`);
  const found: number[] = [];
  for (const entry of entriesOfProc()) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${entry}/environ`);
      if (Buffer.concat([zero, environment, zero]).includes(wanted)) found.push(Number(entry));
    } catch {
      // Gone meanwhile, or another person's.
    }
  }
  return found;
}

const zero = Buffer.alloc(1);

function entriesOfProc(): readonly string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

/** Sends a signal (0: none, but asks), negative ids being groups. Whether there was somebody to get it. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Sends a signal to everything that belongs to an execution, but to the members of one group, which got it already.
 * Whether there was anything.
 */
export function signalExecution(executionId: string, signal: NodeJS.Signals, exceptGroup?: number): boolean {
  const pids = processesOf(executionId).filter((pid) => exceptGroup === undefined || groupOf(pid) !== exceptGroup);
  for (const pid of pids) signalProcess(pid, signal);
  return pids.length > 0;
}

/** Field 5 of proc_pid_stat(5), counted behind the name, which may hold anything. */
function groupOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return undefined;
  }
}
