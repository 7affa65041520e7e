import { readRecord } from '../diff/ownership.js';
import { HfPushError } from '../errors.js';
import type { Hub, SpaceCommit, SpaceInfo, SpaceRuntime } from '../hub/types.js';

/** Where a Space is. */
export interface SpaceStatus {
  readonly space: string;
  /** Its page on the Hub. */
  readonly url: string;
  /** Where the app answers. */
  readonly appUrl: string | undefined;
  readonly sdk: string | undefined;
  readonly private: boolean;
  readonly commit: string;
  readonly runtime: SpaceRuntime;
  /** The newest ten, newest first. `isOurs`: made by a push or rollback of this library. */
  readonly commits: readonly (SpaceCommit & { readonly isOurs: boolean; readonly rolledBackTo: string | undefined })[];
}

/** Asks for everything at once. @throws HfPushError HAWSER_HF_SPACE_NOT_FOUND. */
export async function getStatus(hub: Hub, space: string): Promise<SpaceStatus> {
  const over = new AbortController();
  const asked = hub.with({ signal: over.signal });
  // Once one of them failed, the others need not go on.
  const [info, commits, runtime] = await Promise.all([
    requireSpace(asked, space),
    asked.listCommits(space, { limit: 10 }),
    asked.runtime(space),
  ]).finally(() => over.abort());
  return {
    space,
    url: spaceUrl(hub, space),
    appUrl: info.host,
    sdk: info.sdk,
    private: info.private,
    commit: info.sha,
    runtime,
    commits: commits.map((commit) => {
      const record = readRecord(commit);
      return { ...commit, isOurs: record !== undefined, rolledBackTo: record?.rolledBackTo };
    }),
  };
}

/** A Space's page. */
export function spaceUrl(hub: Hub, space: string): string {
  return `${hub.endpoint}/spaces/${space}`;
}

/** A Space that must be there. @throws HfPushError HAWSER_HF_SPACE_NOT_FOUND. */
export async function requireSpace(hub: Hub, space: string): Promise<SpaceInfo> {
  const info = await hub.spaceInfo(space);
  if (!info) throw new HfPushError('HAWSER_HF_SPACE_NOT_FOUND', `There is no Space ${space}, or it is hidden from you`);
  return info;
}
