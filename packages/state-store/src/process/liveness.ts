import { errnoOf } from '../errors.js';
import { currentProcess, identifyProcess, type ProcessIdentity } from './identity.js';
import { readLinuxStat } from './linux-stat.js';

/**
 * Whether a process still runs.
 *
 * - `alive`: it does; `suspended` when it is stopped (SIGSTOP, Ctrl-Z, a debugger) and so may go on at any time.
 * - `dead`: proven; `why` says how.
 * - `unknown`: it belongs to another machine or PID namespace, where nothing can be proven from here.
 */
export type Liveness =
  | { readonly state: 'alive'; readonly suspended: boolean }
  | { readonly state: 'dead'; readonly why: 'gone' | 'zombie' | 'pid-reused' | 'rebooted' }
  | { readonly state: 'unknown'; readonly why: 'other-host' | 'other-namespace' };

/** Whether the process is proven to be running. `false` covers both dead and unknown: see {@link livenessOf}. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await livenessOf(identity)).state === 'alive';
}

/**
 * Decides whether a process still runs, and claims its death only on proof: that nobody has its id any more, that the
 * id belongs to a process begun at another time, that it is a zombie without threads, or that its machine (ours) has
 * been started anew since.
 */
export async function livenessOf(identity: ProcessIdentity): Promise<Liveness> {
  const self = await currentProcess();
  const place = comparePlaces(identity, self);
  if (place !== 'here') return place;
  if (!someoneHasPid(identity.pid)) return { state: 'dead', why: 'gone' };
  if (process.platform === 'linux') return livenessOnLinux(identity);
  const present = await identifyProcess(identity.pid);
  if (present === undefined) return { state: 'dead', why: 'gone' };
  const same = present.start === identity.start;
  return same ? { state: 'alive', suspended: false } : { state: 'dead', why: 'pid-reused' };
}

/** Whether the other identity's process id means anything here; if not, what follows from that. */
export function comparePlaces(other: ProcessIdentity, self: ProcessIdentity): Liveness | 'here' {
  const sameMachine = other.host === self.host && other.machine === self.machine && self.machine !== '';
  // One boot id is one running kernel, whatever its containers call themselves.
  const sameKernel = other.boot !== '' && other.boot === self.boot;
  if (!sameMachine && !sameKernel) return { state: 'unknown', why: 'other-host' };
  if (other.boot !== self.boot) return { state: 'dead', why: 'rebooted' };
  if (other.namespace !== self.namespace) return { state: 'unknown', why: 'other-namespace' };
  return 'here';
}

async function livenessOnLinux(identity: ProcessIdentity): Promise<Liveness> {
  const stat = await readLinuxStat(identity.pid);
  // Hidden (hidepid) or gone this instant: nothing is proven, the next look decides.
  if (stat === undefined) return { state: 'alive', suspended: false };
  if (stat.start !== identity.start) return { state: 'dead', why: 'pid-reused' };
  // A killed process shows as a zombie while other threads still finish a system call, a rename for instance.
  const zombie = (stat.state === 'Z' || stat.state === 'X') && stat.threads <= 1;
  return zombie ? { state: 'dead', why: 'zombie' } : { state: 'alive', suspended: stat.state.toUpperCase() === 'T' };
}

function someoneHasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return errnoOf(error) !== 'ESRCH';
  }
}
