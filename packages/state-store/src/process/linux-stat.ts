import { readFile } from 'node:fs/promises';

/** What we need of `/proc/PID/stat`. */
export interface LinuxStat {
  /** One letter: `R` running, `S` sleeping, `T` stopped by a signal, `t` by a tracer, `Z` zombie, `X` dead, … */
  readonly state: string;
  readonly threads: number;
  /** Clock ticks since boot at which the process began. */
  readonly start: string;
}

/** Reads `/proc/PID/stat`; `undefined` when there is no such process, or it may not be seen. */
export async function readLinuxStat(pid: number): Promise<LinuxStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseLinuxStat(text);
}

/**
 * Parses one line of `/proc/PID/stat`.
 *
 * The second field is the program's name in parentheses and may itself hold spaces and parentheses, so the others are
 * counted from the last `)`.
 *
 * @see proc_pid_stat(5): field 3 is the state, 20 the number of threads, 22 the start time
 */
export function parseLinuxStat(text: string): LinuxStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, threads, start] = [fields[0], Number(fields[17]), fields[19]];
  if (state?.length !== 1 || !Number.isInteger(threads) || start === undefined || !/^\d+$/.test(start))
    return undefined;
  return { state, threads, start };
}
