import { networkInterfaces } from 'node:os';

/** How often it is looked, in milliseconds. */
const EVERY_MS = 2_000;
/** A look that comes this much later than it was due tells of a machine that slept, or a process that was stopped. */
const SLEEP_MS = 5_000;

export interface SystemWatchOptions {
  readonly onSleep: (sleptMs: number) => void;
  readonly onNetwork: () => void;
  /** The wall clock, in milliseconds; `Date.now` unless given. It goes on while the machine sleeps. */
  readonly nowMs?: () => number;
  /** Addresses of this machine, in one text; those of the system unless given. */
  readonly addresses?: () => string;
}

/** Notices that the machine has slept, and that its addresses have changed. Returns what ends the watch. */
export function watchSystem(options: SystemWatchOptions): () => void {
  const { onSleep, onNetwork, nowMs = () => Date.now(), addresses = systemAddresses } = options;
  let last = nowMs();
  let network = addresses();
  const timer = setInterval(() => {
    const now = nowMs();
    const late = now - last - EVERY_MS;
    last = now;
    if (late > SLEEP_MS) onSleep(late);
    const current = addresses();
    if (current !== network) {
      network = current;
      onNetwork();
    }
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function systemAddresses(): string {
  return Object.entries(networkInterfaces())
    .flatMap(([name, list]) => (list ?? []).map(({ address }) => `${name} ${address}`))
    .toSorted()
    .join('\n');
}
