import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';

/** A terminal, and the process it was opened for. */
export interface Led {
  /** Path of the side that programs use. */
  readonly terminal: string;
  readonly leader: number;
  /** When the leader began, in ticks since the machine did; see {@link startOf}. */
  readonly since: number;
}

/**
 * Processes that hold a terminal: members of the session of its leader, and whatever else has it open and began after it.
 * Empty where there is no `/proc` to ask. Processes of other users cannot be looked into, and are not counted.
 */
export function holdersOf(led: Led): readonly number[] {
  return processes().filter((pid) => pid !== process.pid && pid !== led.leader && holds(pid, led));
}

/** When a process began (proc(5), `stat`, field 22); 0 where nobody can tell. */
export function startOf(pid: number): number {
  return Number(statOf(pid)?.[19] ?? 0);
}

/** Process group in the foreground of a leader's terminal (proc(5), `stat`, field 8), or undefined when there is none. */
export function foregroundOf(leader: number): number | undefined {
  const group = Number(statOf(leader)?.[5]);
  return Number.isInteger(group) && group > 0 ? group : undefined;
}

function holds(pid: number, { terminal, leader, since }: Led): boolean {
  const stat = statOf(pid);
  // State, session, start: a zombie holds nothing, and what is older cannot have inherited it.
  if (stat === undefined || stat[0] === 'Z' || stat[0] === 'X' || Number(stat[19]) < since) return false;
  return Number(stat[3]) === leader || hasOpen(pid, terminal);
}

function hasOpen(pid: number, terminal: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    // In a sandbox or a container the same path is another terminal: one of another file system.
    return readdirSync(folder).some(
      (fd) => linkOf(`${folder}/${fd}`) === terminal && isSame(`${folder}/${fd}`, terminal),
    );
  } catch {
    return false;
  }
}

function isSame(path: string, other: string): boolean {
  const [one, two] = [statSync(path), statSync(other)];
  return one.dev === two.dev && one.ino === two.ino;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Fields of proc(5) `stat` from the third on: the name before them may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
