import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, livenessOf, type ProcessIdentity } from '@hawser/state-store/process';

/** The variable by which processes a supervisor started are known, however far down. Its value is the instance. */
export const INSTANCE_VARIABLE = 'HAWSER_NET_INSTANCE';

/** How often it is looked whether a process has gone, in milliseconds. */
const LOOK_MS = 20;

/**
 * Ends a process: SIGTERM, then SIGKILL. Who it is is looked up right before each signal, so that nobody who merely
 * has its id is ever meant.
 *
 * @param graceMs how long it may take to go by itself; 0 kills at once
 * @returns whether it is gone
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  if (graceMs > 0) {
    await signalProcess(identity, 'SIGTERM');
    if (await hasGone(identity, graceMs)) return true;
  }
  await signalProcess(identity, 'SIGKILL');
  return hasGone(identity, 2_000);
}

/** Signals a process if it still is the one that is meant. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if ((await livenessOf(identity)).state !== 'alive') return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // Gone in between.
  }
}

/** Waits until a process is gone, at most so long. */
export async function hasGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (;;) {
    if ((await livenessOf(identity)).state === 'dead') return true;
    if (performance.now() >= until) return false;
    await delay(LOOK_MS);
  }
}

/**
 * Processes started by a supervisor, found by {@link INSTANCE_VARIABLE} in their environment: also those that its
 * death kept from being written down. Linux only; empty elsewhere.
 */
export async function startedBy(instance: string): Promise<readonly ProcessIdentity[]> {
  const found: ProcessIdentity[] = [];
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    // Who it is first: the environment read afterwards is then this process's, or another's that began later.
    const identity = await identifyProcess(Number(pid));
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const isMeant = environment.split('\0').includes(`${INSTANCE_VARIABLE}=${instance}`);
    if (identity && isMeant && Number(pid) !== process.pid) found.push(identity);
  }
  return found;
}
