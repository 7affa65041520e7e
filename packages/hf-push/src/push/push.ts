import { basename, join, resolve } from 'node:path';
import { HfPushError } from '../errors.js';
import { concurrently } from '../http/concurrently.js';
import { explained } from '../http/failure.js';
import type { Hub } from '../hub/types.js';
import { draftPush, openJournal, type Draft } from '../plan/make-plan.js';
import { parsePlan } from '../plan/schema.js';
import type { Plan } from '../plan/types.js';
import type { StageOptions } from '../tree/types.js';
import { execute } from './execute.js';
import type { AfterPushOptions, PlanOptions, PushOptions, PushResult } from './types.js';

/**
 * Ships an environment to a Docker Space: stages it, looks at the Space, makes it where there is none (with all its
 * settings), changes settings before the commit, uploads what is not there, makes one commit and proves the tree it
 * made. When nothing differs, nothing is committed.
 *
 * A push that was killed is simply made again: the Hub tells what is there, the journal what it cannot.
 *
 * @throws HfPushError with the codes of the step that failed; messages begin with `Failed to create space` or
 * `Failed to upload to space` where the Hub refused.
 */
export async function push(hub: Hub, options: PushOptions): Promise<PushResult> {
  return await withDraft(hub.with(options), options, async () => undefined);
}

/** What applying a plan needs besides the plan. */
export interface ApplyOptions
  extends AfterPushOptions, Pick<PlanOptions, 'secrets' | 'pr' | 'stateFolder' | 'signal' | 'onEvent' | 'stage'> {}

/**
 * Does what a plan says, and nothing else.
 *
 * @throws HfPushError HAWSER_HF_PLAN_INVALID; HAWSER_HF_PLAN_STALE when the files or the Space are not what they were;
 * HAWSER_HF_BAD_INPUT when the value of a secret is missing; and whatever {@link push} throws.
 */
export async function applyPlan(hub: Hub, document: Plan, options: ApplyOptions = {}): Promise<PushResult> {
  const plan = await parsePlan(document);
  if (plan.endpoint !== undefined && plan.endpoint !== hub.endpoint)
    throw stale(plan, `it was made for ${plan.endpoint}, not for ${hub.endpoint}`);
  const secrets = options.secrets ?? {};
  const missing = plan.settings.secrets.filter((key) => secrets[key] === undefined);
  if (missing.length > 0)
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `A plan has no values of secrets: ${missing.join(', ')} is missing`, {
      hint: 'Give the value again, with --secret NAME.',
    });
  const { secrets: names, ...settings } = plan.settings;
  const { stage } = options;
  const { spaceName: _name, remoteReadme: _readme, ...staging } = plan.staging;
  const again: PushOptions = {
    ...options,
    ...staging,
    ...settings,
    repoId: plan.space,
    secrets: Object.fromEntries(names.map((name) => [name, secrets[name] ?? ''])),
    stage: async (wanted: StageOptions) => {
      const work = stage ?? (await import('../stage/stage.js')).stageEnvironment;
      return await work({ ...wanted, ...plan.staging });
    },
  };
  return await withDraft(hub.with(options), again, async (draft) => refuseStale(plan, draft));
}

/** One environment of several. */
export type PushAllEntry =
  | { readonly environment: string; readonly result: PushResult }
  | { readonly environment: string; readonly error: unknown };

/**
 * Pushes several environments, each to the Space of its name, two at a time and sharing one identity and one rate
 * budget. What fails is told, and does not stop the others. `stagingFolder` gets a folder for each.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT when one Space is named for several.
 */
export async function pushAll(
  hub: Hub,
  environments: readonly string[],
  options: Omit<PushOptions, 'environment'> & { readonly atOnce?: number },
): Promise<readonly PushAllEntry[]> {
  const { atOnce = 2, stagingFolder, ...rest } = options;
  if (environments.length > 1 && (rest.spaceName !== undefined || rest.repoId !== undefined))
    throw new HfPushError('HAWSER_HF_BAD_INPUT', 'Several environments cannot go to one Space', {
      hint: 'Leave --space-name and --repo-id out, or push one environment.',
    });
  return await concurrently(environments, atOnce, async (environment): Promise<PushAllEntry> => {
    const own =
      stagingFolder === undefined
        ? {}
        : { stagingFolder: join(stagingFolder, basename(resolve(rest.from, environment))) };
    try {
      return { environment, result: await push(hub, { ...rest, ...own, environment }) };
    } catch (error) {
      options.signal?.throwIfAborted();
      return { environment, error };
    }
  });
}

async function withDraft(hub: Hub, options: PushOptions, check: (draft: Draft) => Promise<void>): Promise<PushResult> {
  let draft: Draft | undefined;
  try {
    const journal = await openJournal(hub, options);
    draft = await draftPush(hub, options, journal, (space, work) =>
      explained(`Failed to upload to space ${space}`, 'HAWSER_HF_UPLOAD_FAILED', work),
    );
    await check(draft);
    await journal.write({ did: 'begin', contents: draft.plan.contents });
    return await execute(hub, draft, options, journal);
  } catch (error) {
    // What was cancelled did not fail: nobody looks into it, and it should end at once.
    const { stagingFolder, signal } = options;
    if (!draft || stagingFolder === undefined || signal?.aborted || !(error instanceof HfPushError)) throw error;
    throw await keepStaging(draft, stagingFolder, error);
  }
}

/** Writes what was to be pushed to a folder, for who looks into the failure. */
async function keepStaging({ staged }: Draft, folder: string, error: HfPushError): Promise<HfPushError> {
  const { writeStaging } = await import('../stage/write.js');
  try {
    const stagingFolder = await writeStaging(staged, folder);
    const { code, message, hint, details, cause } = error;
    return new HfPushError(code, message, { hint, cause: cause ?? error, details: { ...details, stagingFolder } });
  } catch {
    // The failure itself is the news.
    return error;
  }
}

async function refuseStale(plan: Plan, { plan: now, comparison }: Draft): Promise<void> {
  if (now.contents !== plan.contents) throw stale(plan, 'the files or settings are not what they were');
  const { change } = plan;
  if (!change || (comparison && comparison.parentTree === change.treeId)) return;
  if (change.exists !== (now.change?.exists ?? false))
    throw stale(plan, change.exists ? 'the Space is gone' : 'there is a Space by now');
  if (change.parent !== comparison?.parent) throw stale(plan, 'somebody committed to the Space');
  if (change.treeId !== comparison?.treeId) throw stale(plan, 'the commit would make another tree');
}

function stale({ space }: Plan, why: string): HfPushError {
  return new HfPushError('HAWSER_HF_PLAN_STALE', `The plan for ${space} no longer holds: ${why}`);
}
