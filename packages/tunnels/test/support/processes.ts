import { readFile, readdir } from 'node:fs/promises';
import type { Project } from './project.js';

/** A process, as `/proc` shows it. */
export interface Seen {
  readonly pid: number;
  readonly command: string;
}

/** Processes that were started for a project, however far down: they have its runtime folder in their environment. */
export async function processesOf(project: Project): Promise<readonly Seen[]> {
  const mark = `XDG_RUNTIME_DIR=${project.env['XDG_RUNTIME_DIR']}`;
  const found: Seen[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(mark)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid: Number(pid), command: command.replaceAll('\0', ' ') });
  }
  return found;
}
