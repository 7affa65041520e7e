import { rm } from 'node:fs/promises';
import { currentProcess } from '@hawser/state-store/process';
import type { RunProbe } from '../probe/probe.js';
import type { TunnelEvent } from '../status.js';
import { ControlServer } from './control-server.js';
import { EventLog } from './event-log.js';
import { Ledger } from './ledger.js';
import { makeOwnedFolder, type Owner, socketIn } from './owner.js';
import { newInstance, type Places } from './places.js';
import { PROTOCOL } from './protocol.js';
import { reapIn } from './reap.js';
import { claimRecord } from './record.js';
import type { Providers } from './seam.js';
import { Supervisor } from './supervisor.js';
import { watchSystem } from './watch-system.js';

/** How long connections may take to end when their tunnel is closed, in milliseconds. */
const DRAIN_MS = 5_000;
/** How long a supervisor with nothing to do waits for the first who talks to it, in milliseconds. */
const GRACE_MS = 10_000;

export interface ServeOptions {
  readonly places: Places;
  readonly providers: Providers;
  readonly runProbe: RunProbe;
  readonly instance?: string | undefined;
  readonly drainMs?: number | undefined;
}

/** A supervisor that serves. */
export interface Served {
  /** Settles when it has left: nothing of it remains. */
  readonly ended: Promise<void>;
  /** Closes everything and leaves. */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Supervises a project in this process, until the last tunnel is closed.
 *
 * @throws AlreadySupervised
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { places, providers, runProbe, drainMs = DRAIN_MS } = options;
  const owner: Owner = {
    instance: options.instance ?? newInstance(),
    identity: await currentProcess(),
    project: places.project,
    startedAt: new Date().toISOString(),
  };
  await reapIn(places);
  const folder = await makeOwnedFolder(places.runtimeDirectories[0]!, owner);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const record = await claimRecord(places, owner, socketIn(folder)).catch(async (error: unknown) => {
    await remove();
    throw error;
  });

  const log = new EventLog(places.eventLog);
  const onEvent = (event: TunnelEvent): void => {
    log.append(event);
    control.tell(event);
    if (event.type === 'removed') queueMicrotask(leaveIfDone);
  };
  const tell = (type: TunnelEvent['type'], text: string): void => onEvent({ at: new Date().toISOString(), type, text });
  const supervisor: Supervisor = new Supervisor({
    owner,
    folder,
    providers,
    runProbe,
    ledger: new Ledger(folder),
    record,
    drainMs,
    onEvent,
    isWatched: () => control.isFollowed,
  });
  const { instance, identity } = owner;
  const control: ControlServer = new ControlServer({
    supervisor,
    greeting: { hawser: 'net', protocol: PROTOCOL, instance, pid: identity.pid },
    willLeave: () => {
      const isDone = supervisor.isEmpty && supervisor.hasServed && control.busy <= 1;
      if (isDone) control.refuseMore();
      return isDone;
    },
    onQuiet: () => leaveIfDone(),
  });
  const stopWatching = watchSystem({
    onSleep: (ms) => {
      tell('sleep', `the machine slept, or this process was stopped, for about ${Math.round(ms / 1000)} s`);
      supervisor.checkLinks('after sleep');
    },
    onNetwork: () => {
      tell('network', 'the addresses of this machine have changed');
      supervisor.checkLinks('the network changed');
    },
  });

  let leaving: Promise<void> | undefined;
  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever does not ask how it ended must not be ended by it.
  ended.catch(() => undefined);
  const grace = setTimeout(() => leaveIfDone(true), GRACE_MS);

  function leaveIfDone(isOverdue = false): void {
    if (!supervisor.isEmpty || control.busy > 0) return;
    const isForgotten = control.conversations === 0 && (isOverdue || control.greeted > 0);
    if (supervisor.hasServed || isForgotten) void leave();
  }

  function leave(closeDrainMs?: number): Promise<void> {
    leaving ??= (async () => {
      control.refuseMore();
      clearTimeout(grace);
      stopWatching();
      await supervisor.close(closeDrainMs);
      await record.release().catch((error: unknown) => {
        // It names a process that is gone, so whoever reads it next knows that nobody stands behind it.
        tell('supervisor', `net.json could not be cleared: ${String(error)}`);
      });
      tell('supervisor', 'left');
      await log.flush();
      await remove();
      // Last, so that whoever sees the conversation end finds nothing left.
      await control.close();
    })().then(
      () => settle.resolve(),
      (error: unknown) => settle.reject(error),
    );
    return leaving;
  }

  try {
    await control.listen(socketIn(folder));
  } catch (error) {
    await leave(0);
    throw error;
  }
  tell('supervisor', `process ${identity.pid} supervises ${places.project}`);
  return {
    ended,
    stop: async (closeDrainMs) => {
      await leave(closeDrainMs);
      await ended;
    },
  };
}
