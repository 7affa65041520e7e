import type { HubBuild, HubEmulator, HubEmulatorOptions } from '@hawser/emulators/hub';
import type { HfPushEvent } from '../../src/events.js';
import type { Hub, OpenHubOptions } from '../../src/hub/types.js';
import { push } from '../../src/push/push.js';
import type { PushOptions, PushResult } from '../../src/push/types.js';
import { FastClock, clientOf, collector, pushing, stagedOf, startHub } from './hub.js';

export const space = 'hawser/echo_env';

/** An emulated Hub with one Space, whose builds go as the list says: the first commit's first, the last for ever. */
export async function startSpace(
  builds: readonly HubBuild[] = [{}],
  options: HubEmulatorOptions & Pick<OpenHubOptions, 'fetch'> = {},
): Promise<{
  readonly emulator: HubEmulator;
  readonly hub: Hub;
  readonly clock: FastClock;
  readonly events: HfPushEvent[];
  /** Pushes the usual files and these. */
  readonly bring: (files?: Parameters<typeof stagedOf>[0], rest?: Partial<PushOptions>) => Promise<PushResult>;
}> {
  const { fetch: ask, ...rest } = options;
  let commits = 0;
  const emulator = await startHub({ ...rest, build: () => builds[Math.min(commits++, builds.length - 1)] ?? {} });
  const clock = new FastClock();
  const { events, onEvent } = collector();
  const hub = clientOf(emulator, { clock, onEvent, ...(ask ? { fetch: ask } : {}) });
  return {
    emulator,
    hub,
    clock,
    events,
    bring: (files = {}, more = {}) => push(hub, pushing(stagedOf(files), more)),
  };
}

/** Reads the runtime until it says RUNNING: the emulator's time goes by readings. */
export async function untilRunning(hub: Hub): Promise<void> {
  for (let times = 0; (await hub.runtime(space)).stage !== 'RUNNING'; times++)
    if (times > 20) throw new Error('The Space does not run.');
}
