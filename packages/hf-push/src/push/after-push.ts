import { HfPushError } from '../errors.js';
import { inStep } from '../events.js';
import type { Hub, SpaceInfo } from '../hub/types.js';
import { rollbackSpace } from '../space/rollback.js';
import { waitForSpace } from '../space/wait.js';
import type { AfterPushOptions } from './types.js';

/** What was pushed, for who waits for it. */
export interface Pushed {
  readonly space: string;
  readonly info: SpaceInfo;
  /** The commit whose build is awaited; undefined when none was made. */
  readonly commit: string | undefined;
  readonly isRestarted: boolean;
  /** Where to go back to; undefined when the Space was made by this push, or nothing was committed. */
  readonly before: string | undefined;
}

/** Failures of what was pushed, not of reaching it. */
const OF_THE_APP = [
  'HAWSER_HF_BUILD_FAILED',
  'HAWSER_HF_RUN_FAILED',
  'HAWSER_HF_WAIT_TIMEOUT',
  'HAWSER_HF_LIVE_CHECK_FAILED',
];

/**
 * Waits for the Space, looks at the app, and goes back when that is wanted and needed; answers with the stage, or
 * undefined when nothing was to be waited for.
 *
 * @throws HfPushError HAWSER_HF_ROLLED_BACK, caused by what failed.
 */
export async function afterPush(hub: Hub, pushed: Pushed, options: AfterPushOptions): Promise<string | undefined> {
  const { wait, liveCheck, rollbackOnFailure } = options;
  if (!wait && !liveCheck && !rollbackOnFailure) return undefined;
  try {
    return await waitAndCheck(hub, pushed, options);
  } catch (error) {
    const { space, before } = pushed;
    if (!(error instanceof HfPushError) || !OF_THE_APP.includes(error.code)) throw error;
    if (!rollbackOnFailure || before === undefined) throw error;
    const back = await rollbackSpace(hub, space, { to: before });
    throw new HfPushError('HAWSER_HF_ROLLED_BACK', `${error.message}. ${space} is back at ${before.slice(0, 10)}`, {
      cause: error,
      details: { ...error.details, failed: error.code, commit: back.commit, to: before },
    });
  }
}

async function waitAndCheck(hub: Hub, pushed: Pushed, { wait, liveCheck }: AfterPushOptions): Promise<string> {
  const { space, commit, info, isRestarted } = pushed;
  const { stage } = await inStep(hub.context, 'wait', space, () =>
    waitForSpace(hub, space, {
      ...(typeof wait === 'object' ? wait : {}),
      ...(commit === undefined ? {} : { commit }),
      isRestarted,
    }),
  );
  if (liveCheck) await inStep(hub.context, 'live-check', space, () => check(hub, info, liveCheck));
  return stage;
}

async function check(
  { context }: Hub,
  { id, host }: SpaceInfo,
  liveCheck: NonNullable<AfterPushOptions['liveCheck']>,
): Promise<void> {
  if (!host) throw new HfPushError('HAWSER_HF_PROTOCOL', `The Hub does not say where the app of ${id} answers`);
  const found = await liveCheck({ space: id, url: host, signal: context.signal });
  const findings = found.filter(({ severity }) => severity === 'error');
  if (findings.length === 0) return;
  throw new HfPushError('HAWSER_HF_LIVE_CHECK_FAILED', `The app of ${id} runs, but ${findings[0]?.message}`, {
    details: { space: id, findings: findings.map(({ rule, message }) => ({ rule, message })) },
  });
}
