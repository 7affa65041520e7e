import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { livenessOf } from '@hawser/state-store/process';
import { TunnelsError } from '../errors.js';
import { clientOf } from './client.js';
import { converse, type Conversation } from './conversation.js';
import { ownedFolders } from './owner.js';
import { type Places, placesOf } from './places.js';
import type { ConnectOptions, SupervisorClient } from './seam.js';

/** How long another supervisor may be about to serve, or to leave, in milliseconds. */
const PATIENCE_MS = 20_000;
/** How long that is waited for where nothing is to be started, in milliseconds. */
const GLANCE_MS = 2_000;
/** How often it is looked meanwhile, in milliseconds. */
const LOOK_MS = 25;

/**
 * Talks to the supervisor of a project, having started one if there is none and `spawn` says how; without `spawn`,
 * undefined when there is none. What a killed one left is cleared away first.
 *
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED, HAWSER_NET_PROTOCOL
 */
export async function connectSupervisor(options: ConnectOptions): Promise<SupervisorClient | undefined> {
  const places = placesOf(options);
  const conversation = await reach(places, options);
  if (!conversation) return undefined;
  const again = options.spawn && (async (): Promise<Conversation> => (await reach(places, options))!);
  return clientOf(conversation, again);
}

async function reach(places: Places, options: ConnectOptions): Promise<Conversation | undefined> {
  const { spawn, signal } = options;
  const until = performance.now() + (spawn ? PATIENCE_MS : GLANCE_MS);
  for (;;) {
    signal?.throwIfAborted();
    const { conversation, busy } = await look(places);
    if (conversation) return conversation;
    const isLate = performance.now() > until;
    if (!spawn && (busy === undefined || isLate)) {
      await clear(places);
      return undefined;
    }
    if (spawn && busy === undefined) {
      const { startSupervisor } = await import('./start.js');
      await startSupervisor(places, { ...options, spawn });
    } else if (isLate) {
      throw new TunnelsError(
        'HAWSER_NET_SUPERVISOR_FAILED',
        `Process ${busy} has been about to serve, or to leave, for ${PATIENCE_MS / 1000} s.`,
        { hint: `hawser net down --all ends it.`, details: { pid: busy } },
      );
    } else {
      await delay(LOOK_MS);
    }
  }
}

/** A conversation, or who is about to serve or to leave. */
async function look(places: Places): Promise<{ conversation?: Conversation; busy?: number }> {
  let busy: number | undefined;
  for (const folder of await ownedFolders(places.runtimeDirectories)) {
    const conversation = await converse(folder);
    if (conversation) return { conversation };
    if ((await livenessOf(folder.owner.identity)).state === 'alive') busy = folder.owner.identity.pid;
  }
  return busy === undefined ? {} : { busy };
}

/** Does what `reap` does, if there can be anything to do: most calls find nothing, and are to cost nothing. */
async function clear(places: Places): Promise<void> {
  const traces = [join(places.project, 'net.json'), ...places.runtimeDirectories];
  const found = await Promise.all(traces.map((path) => stat(path).catch(() => undefined)));
  if (found.every((trace) => trace === undefined)) return;
  const { reapIn } = await import('./reap.js');
  await reapIn(places);
}
