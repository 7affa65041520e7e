import { type Hub, type Plan, type PlanOptions, HfPushError, planPush, writeStaging } from '@hawser/hf-push';
import { connectToLook } from './connect.js';
import { journalFolderIfThere } from './journals.js';
import { planOptions } from './plan-options.js';
import {
  failedOf,
  refuseOneForSeveral,
  rememberStaged,
  stagingFolderOf,
  type PushContext,
  type Pushed,
} from './push-context.js';

/** Stages environments and says what a push would change. Nothing is changed on the Hub; the staged files are kept. */
export async function previewPushes(
  environments: readonly string[],
  { flags, dataDir, ...context }: PushContext,
): Promise<readonly Pushed[]> {
  refuseOneForSeveral(environments, flags);
  const options = {
    ...(await planOptions(flags, context)),
    ...journalFolderIfThere(dataDir),
    createOnly: flags['create-only'],
    pr: flags.pr,
  };
  const hub = await connectToLook(flags, context);
  const previews: Pushed[] = [];
  for (const environment of environments) {
    const { stage, staged } = rememberStaged();
    const warn = (text: string): Promise<void> => context.out.warn(text);
    try {
      const plan = await planOrStage(hub, { ...options, environment, stage }, warn);
      const staging = stagingFolderOf(environment, flags);
      for (const files of staged.values()) await writeStaging(files, staging);
      previews.push({ environment, plan, staging });
    } catch (error) {
      if (environments.length === 1 || context.signal.aborted) throw error;
      previews.push(failedOf(environment, error));
    }
  }
  return previews;
}

/** A Hub that cannot be reached is no reason to show nothing. */
async function planOrStage(
  hub: Hub | undefined,
  options: PlanOptions,
  warn: (text: string) => Promise<void>,
): Promise<Plan> {
  try {
    return await planPush(hub, options);
  } catch (error) {
    if (!(error instanceof HfPushError) || error.code !== 'HAWSER_HF_ENDPOINT_UNREACHABLE') throw error;
    await warn(`${error.message}: the Space is not looked at.`);
    return await planPush(undefined, options);
  }
}
