import { resolve } from 'node:path';
import { toFailure, type Context, type Step } from '@hawser/cli-kit';
import {
  type Hub,
  type PushAllEntry,
  type Staged,
  findEnvironment,
  push,
  pushAll,
  removeStaging,
  writeStaging,
} from '@hawser/hf-push';
import { afterPushOptions } from './after-push.js';
import { connectAsSomebody } from './connect.js';
import { journalFolder } from './journals.js';
import { planOptions } from './plan-options.js';
import { keepPushReceipt } from './push-receipt.js';
import {
  failedOf,
  refuseOneForSeveral,
  rememberStaged,
  stagingFolderOf,
  type PushContext,
  type Pushed,
  type PushFlags,
} from './push-context.js';
import { tellEvents } from './tell-events.js';
import { tellFailure } from './tell-failure.js';

/** Pushes environments. One that fails alone throws; among several it is told. */
export async function pushEnvironments(
  environments: readonly string[],
  context: PushContext,
): Promise<readonly Pushed[]> {
  refuseOneForSeveral(environments, context.flags);
  const { entries, hub } = await pushThem(environments, context);
  const place = { dataDir: context.dataDir, version: context.version, receipt: context.flags.receipt };
  return Promise.all(
    entries.map(async (entry) => {
      if ('error' in entry) return failedOf(entry.environment, entry.error);
      const receipt = await keepPushReceipt(entry, hub, place, context.out);
      return { ...entry, ...(receipt !== undefined && { receipt }) };
    }),
  );
}

async function pushThem(
  environments: readonly string[],
  { flags, dataDir, ...context }: PushContext,
): Promise<{ readonly entries: readonly PushAllEntry[]; readonly hub: Hub }> {
  const { out } = context;
  const [only = ''] = environments;
  const isOne = environments.length === 1;
  // Before anybody is asked to log in.
  if (isOne) findEnvironment({ from: process.cwd(), environment: only });
  const options = await planOptions(flags, context);
  const connected = await connectAsSomebody(flags, context);
  const { hub } = connected;
  const { stage, staged } = rememberStaged();
  let entries: readonly PushAllEntry[] | undefined;
  const work = async (step: Step): Promise<void> => {
    const all = {
      ...options,
      ...journalFolder(dataDir),
      ...afterPushOptions(flags, connected),
      ...(flags.message === undefined ? {} : { message: flags.message }),
      createOnly: flags['create-only'],
      pr: flags.pr,
      stage,
      onEvent: tellEvents(out, step, { named: !isOne }),
    };
    if (isOne) {
      const stagingFolder = stagingFolderOf(only, flags);
      entries = [{ environment: only, result: await push(hub, { ...all, environment: only, stagingFolder }) }];
      return;
    }
    entries = await pushAll(hub, environments, { ...all, stagingFolder: resolve(flags['staging-dir']) });
    // So that the step is not shown as done.
    for (const entry of entries) if ('error' in entry) throw entry.error;
  };
  try {
    await out.step(`Pushing ${environments.join(', ')}`, work);
  } catch (error) {
    for (const each of entries ?? [{ error }]) if ('error' in each) tellFailure(out, each.error);
    if (!entries) throw error;
  } finally {
    for (const entry of entries ?? []) if ('result' in entry) await tidyUp(entry.environment, staged, { flags, out });
  }
  return { entries: entries ?? [], hub };
}

/** After a push its staged files are kept when that is wanted, and else those of an earlier dry run are taken away. */
async function tidyUp(
  environment: string,
  staged: ReadonlyMap<string, Staged>,
  { flags, out }: { readonly flags: PushFlags; readonly out: Context['out'] },
): Promise<void> {
  const folder = stagingFolderOf(environment, flags);
  const files = staged.get(environment);
  try {
    if (!flags['keep-staging']) return await removeStaging(folder);
    if (files) out.say(`Staged files are kept in ${await writeStaging(files, folder)}`);
  } catch (error) {
    // The push is done: what happens to a folder does not undo it.
    await out.warn(toFailure(error).message);
  }
}
