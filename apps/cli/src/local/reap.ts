import { readdirSync, readFileSync } from 'node:fs';
import { livenessOf } from '@hawser/state-store/process';
import { setTimeout as delay } from 'node:timers/promises';
import { instanceVariable } from './run-stack.js';
import type { StackProcess } from './stack-file.js';

/** How long a stack that was told to end may take, in milliseconds; a little longer than it takes for its work. */
const END_MS = 20_000;
/** How often it is looked whether it has, in milliseconds. */
const LOOK_MS = 25;

/** Ends a stack: kindly, then not, and clears away what its emulators had started where that can be told. */
export async function reap(stack: StackProcess): Promise<void> {
  await endProcess(stack);
  for (const pid of processesOf(stack)) signalTo(pid, 'SIGKILL');
}

async function endProcess({ identity }: StackProcess): Promise<void> {
  const isAlive = async (): Promise<boolean> => (await livenessOf(identity)).state === 'alive';
  if (!(await isAlive())) return;
  signalTo(identity.pid, 'SIGTERM');
  // One that is stopped hears of it only when it goes on.
  signalTo(identity.pid, 'SIGCONT');
  const killAt = performance.now() + END_MS;
  while (await isAlive()) {
    if (performance.now() > killAt) signalTo(identity.pid, 'SIGKILL');
    await delay(LOOK_MS);
  }
}

/** Processes that carry the mark of the stack; on Linux, others do not show it. */
function processesOf({ instance }: StackProcess): readonly number[] {
  if (process.platform !== 'linux' || instance === '') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${instanceVariable}=${instance}`);
      } catch {
        // No process, one that has gone meanwhile, or another person's.
        return false;
      }
    });
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone meanwhile.
  }
}
