import { hostname } from 'node:os';
import { readFile, readlink } from 'node:fs/promises';
import { StateStoreError } from '../errors.js';
import { machineIdOf, startOfProcess } from './platform.js';
import { readLinuxStat } from './linux-stat.js';

/**
 * What tells one process from every other that ever ran, as far as the system can say.
 *
 * A process id alone does not: it is given out again after the process ended, and means different processes in
 * different containers. Every field is a string or number, so that an identity can be stored as JSON.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began. Linux: clock ticks since boot; elsewhere what the system reports, in its own notation. */
  readonly start: string;
  /** Linux: the kernel's random id of this boot; empty elsewhere, where `start` is an absolute time. */
  readonly boot: string;
  /** Linux: inode of the PID namespace (`4026531836` is the initial one); empty elsewhere. */
  readonly namespace: string;
  readonly host: string;
  /** The machine's lasting id; empty where it has none, as in many containers. */
  readonly machine: string;
}

let own: Promise<ProcessIdentity> | undefined;

/** Who this process is. Asked of the system once. */
export function currentProcess(): Promise<ProcessIdentity> {
  own ??= identifyProcess(process.pid).then((identity) => {
    if (identity !== undefined) return identity;
    const message = `The system does not say when this very process (pid ${process.pid}) began.`;
    throw new StateStoreError('HAWSER_STATE_IO', message, { hint: 'Mount /proc, or make ps available.' });
  });
  return own;
}

/**
 * Who the process with this id is right now, or `undefined` when there is none.
 *
 * Only processes visible from here can be identified: on Linux those of the same PID namespace.
 */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const [start, place] = await Promise.all([startOf(pid), placeOf()]);
  return start === undefined ? undefined : { pid, start, ...place };
}

/** When the process began, in the notation of {@link ProcessIdentity.start}; `undefined` when there is none. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startOfProcess(pid);
  return (await readLinuxStat(pid))?.start;
}

async function placeOf(): Promise<Omit<ProcessIdentity, 'pid' | 'start'>> {
  const linux = process.platform === 'linux';
  const [boot, namespace, machine] = await Promise.all([
    linux ? readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim(), none) : '',
    linux ? readlink('/proc/self/ns/pid').then((text) => text.replaceAll(/\D/g, ''), none) : '',
    machineIdOf(),
  ]);
  return { boot, namespace, host: hostname(), machine };
}

function none(): string {
  return '';
}
