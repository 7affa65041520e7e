import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/**
 * Processes that hold a terminal: members of the session of `leader`, and whatever else has it open. Empty where there is
 * no `/proc` to ask. Processes of other users cannot be looked into, and are not counted.
 */
export function holdersOf(terminal: string, leader: number): readonly number[] {
  return processes().filter((pid) => pid !== process.pid && pid !== leader && holds(pid, terminal, leader));
}

/** Process group in the foreground of a leader's terminal (proc(5), `stat`, field 8), or undefined when there is none. */
export function foregroundOf(leader: number): number | undefined {
  const group = Number(statOf(leader)?.[5]);
  return Number.isInteger(group) && group > 0 ? group : undefined;
}

function holds(pid: number, terminal: string, leader: number): boolean {
  const stat = statOf(pid);
  // State, then session: a zombie holds nothing.
  if (stat === undefined || stat[0] === 'Z' || stat[0] === 'X') return false;
  return Number(stat[3]) === leader || hasOpen(pid, terminal);
}

function hasOpen(pid: number, terminal: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === terminal);
  } catch {
    return false;
  }
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
