import type { RunProbe } from '../probe/probe.js';
import { placesOf } from './places.js';
import { AlreadySupervised } from './record.js';
import { INSTANCE_VARIABLE } from './end-process.js';
import type { WireError } from './protocol.js';
import type { Providers } from './seam.js';
import { serve, type Served } from './serve.js';
import { toWire } from './wire-error.js';

/** What a supervisor says to whoever started it, once. */
export type StartReport =
  | { readonly state: 'ready' }
  /** Another one supervises the project, or is about to. */
  | { readonly state: 'busy' }
  | { readonly state: 'failed'; readonly error: WireError };

/** What a supervisor runs with. */
export interface RunSupervisorOptions {
  /** The process that is to be the supervisor. Its first argument is where the project is looked for from. */
  readonly process: Pick<NodeJS.Process, 'argv' | 'connected' | 'disconnect' | 'env' | 'off' | 'on' | 'send' | 'umask'>;
  readonly providers: Providers;
  readonly runProbe?: RunProbe;
  /** How long connections may take to end when their tunnel is closed, in milliseconds; 5,000 unless given. */
  readonly drainMs?: number;
}

/** How long connections may take to end when the supervisor is told to, by a signal, in milliseconds. */
const SIGNALLED_DRAIN_MS = 500;

/**
 * Is the supervisor of a project, from beginning to end: the whole of the program that `connectSupervisor` starts as
 * `spawn.entry`. Tells its parent when it serves, and settles once it has left.
 */
export async function runSupervisor(options: RunSupervisorOptions): Promise<void> {
  const { process: host, providers, drainMs } = options;
  host.umask(0o077);
  const report = (message: StartReport): void => {
    // Whoever started it may have gone: then nobody wants to know.
    if (host.connected) host.send?.(message, undefined, undefined, () => host.connected && host.disconnect());
  };
  let served: Served;
  try {
    served = await serve({
      places: placesOf({ from: host.argv[2] ?? '/', env: host.env }),
      providers,
      runProbe: options.runProbe ?? (await import('../probe/index.js')).runProbe,
      instance: host.env[INSTANCE_VARIABLE],
      drainMs,
    });
  } catch (error) {
    report(error instanceof AlreadySupervised ? { state: 'busy' } : { state: 'failed', error: toWire(error) });
    return;
  }
  const stop = (): void => void served.stop(SIGNALLED_DRAIN_MS).catch(() => undefined);
  const ignore = (): void => undefined;
  host.on('SIGTERM', stop);
  host.on('SIGINT', stop);
  // The terminal it was started from may close.
  host.on('SIGHUP', ignore);
  report({ state: 'ready' });
  try {
    await served.ended;
  } finally {
    host.off('SIGTERM', stop);
    host.off('SIGINT', stop);
    host.off('SIGHUP', ignore);
  }
}
