import type { TunnelEvent } from '../status.js';
import type { RunSupervisorOptions } from './run.js';
import type {
  Foreground,
  ForegroundOptions,
  LocatedProject,
  ReadEventsOptions,
  ReapReport,
  ServiceOptions,
  ServiceReport,
} from './seam.js';

// What only supervisors and rare commands need is loaded by its first use: asking for a status is to be quick.

/**
 * Is the supervisor of a project, from beginning to end: the whole of the program that {@link connectSupervisor} starts
 * as `spawn.entry`. Settles once it has left.
 */
export async function runSupervisor(options: RunSupervisorOptions): Promise<void> {
  await (await import('./run.js')).runSupervisor(options);
}

/**
 * Supervises a project in this process, for containers, service managers and CI: the same supervisor, which others
 * reach by {@link connectSupervisor}. It leaves when its last tunnel is closed.
 *
 * @throws TunnelsError HAWSER_NET_EXISTS when another process supervises the project
 */
export async function runForeground(options: ForegroundOptions): Promise<Foreground> {
  return (await import('./run-foreground.js')).runForeground(options);
}

/**
 * Closes all tunnels of a project, whatever state their supervisor is in: it is asked; if it does not answer, is
 * suspended or of another version, it is ended by signals, and what it left is cleared away. Answers the process that
 * was ended, if there was one.
 *
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED when a process cannot be ended
 */
export async function stopSupervisor(options: LocatedProject): Promise<{ readonly pid?: number }> {
  return (await import('./stop.js')).stopSupervisor(options);
}

/**
 * Clears away what killed supervisors of a project left: their children are ended, their sockets and folders removed,
 * and what `net.json` says of them. `connectSupervisor` does this by itself. Processes are signalled only while they
 * provably are those that were written down.
 */
export async function reap(options: LocatedProject): Promise<ReapReport> {
  return (await import('./reap.js')).reap(options);
}

/**
 * The events of a project's tunnels, oldest first, of all its supervisors so far: up to two megabytes of them. With
 * `follow` it goes on with those to come, until the signal aborts.
 */
export async function* readEvents(options: ReadEventsOptions): AsyncIterable<TunnelEvent> {
  yield* (await import('./event-log.js')).readEvents(options);
}

/**
 * What {@link installService} would write, and where. Touches nothing.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT
 */
export async function describeService(options: ServiceOptions): Promise<ServiceReport> {
  return (await import('./service.js')).describeService(options);
}

/**
 * Writes a service of the person's own service manager that keeps a set of tunnels up, from login on, and starts it.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT, HAWSER_NET_SERVICE_FAILED
 */
export async function installService(options: ServiceOptions): Promise<ServiceReport> {
  return (await import('./service.js')).installService(options);
}

/**
 * Stops a service and removes it. One that is not there is no error.
 *
 * @throws TunnelsError HAWSER_NET_BAD_INPUT, HAWSER_NET_SERVICE_FAILED
 */
export async function uninstallService(options: ServiceOptions): Promise<ServiceReport> {
  return (await import('./service.js')).uninstallService(options);
}

export { connectSupervisor } from './connect.js';
export { createProviders } from '../providers/index.js';
export type { RunSupervisorOptions } from './run.js';
export type {
  ConnectOptions,
  Foreground,
  ForegroundOptions,
  LocatedProject,
  NetDocument,
  Providers,
  ReadEventsOptions,
  ReapReport,
  ServiceOptions,
  ServiceReport,
  SupervisorClient,
  TunnelSelector,
  WaitFor,
} from './seam.js';
