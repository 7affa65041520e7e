import type { AfterPushOptions, Hub } from '@hawser/hf-push';

/** What the flags say of the time after a push. */
export interface AfterPushFlags {
  readonly wait: boolean;
  readonly timeout?: number | undefined;
  readonly live: boolean;
  readonly 'rollback-on-failure': boolean;
}

/** The Hub, and the token it was opened with. */
interface Connected {
  readonly hub: Hub;
  readonly token: string | undefined;
}

/** The library's options for that. */
export function afterPushOptions(flags: AfterPushFlags, connected: Connected): AfterPushOptions {
  return {
    wait: flags.timeout === undefined ? flags.wait : { timeoutMs: flags.timeout },
    rollbackOnFailure: flags['rollback-on-failure'],
    ...(flags.live ? { liveCheck: liveCheckOf(connected) } : {}),
  };
}

function liveCheckOf({ hub, token }: Connected): NonNullable<AfterPushOptions['liveCheck']> {
  return async ({ space, url, signal }) => {
    const { validateLive } = await import('@hawser/hf-push');
    // The app of a public Space is none of the token's business.
    const { private: isPrivate } = (await hub.spaceInfo(space)) ?? {};
    const report = await validateLive(url, {
      ...(isPrivate && token !== undefined ? { token } : {}),
      ...(signal ? { signal } : {}),
    });
    return report.findings;
  };
}
