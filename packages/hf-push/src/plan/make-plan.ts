import { HfPushError } from '../errors.js';
import { inStep } from '../events.js';
import type { Hub, SpaceInfo } from '../hub/types.js';
import { Journal } from '../journal/journal.js';
import { checkRole, checkSdk } from '../push/preflight.js';
import { parseTarget } from '../push/target.js';
import type { PlanOptions } from '../push/types.js';
import { compareSettings } from '../space/settings.js';
import type { Staged } from '../tree/types.js';
import { compareWithSpace, type SpaceComparison } from './compare-space.js';
import { contentsDigest, planDigest } from './digest.js';
import type { Plan, PlannedChange, PlannedFile, SettingChange } from './types.js';

/** A plan, and what applying it at once can use. */
export interface Draft {
  /** Its digest is for who keeps it. */
  readonly plan: Omit<Plan, 'digest'>;
  readonly staged: Staged;
  readonly info: SpaceInfo | undefined;
  readonly comparison: SpaceComparison | undefined;
}

/**
 * Says all that a push would do. With a Hub it is asked (and nothing changed there); without one the plan names what
 * would be pushed, and not what would change.
 *
 * @throws HfPushError those of staging, of the Hub, and HAWSER_HF_TOKEN_READ_ONLY, HAWSER_HF_CONTRIBUTOR,
 * HAWSER_HF_ACCESS_DENIED, HAWSER_HF_SPACE_WRONG_SDK, HAWSER_HF_SPACE_EXISTS, HAWSER_HF_BAD_INPUT.
 */
export async function planPush(hub: Hub | undefined, options: PlanOptions): Promise<Plan> {
  const asked = hub?.with(options);
  const journal = await openJournal(asked, options);
  const { plan } = await draftPush(asked, options, journal, (_space, work) => work());
  return { ...plan, digest: planDigest(plan) };
}

/** The journal of the Space that is meant; one that keeps nothing when nobody is asked. */
export async function openJournal(hub: Hub | undefined, options: PlanOptions): Promise<Journal> {
  const { namespace, name } = parseTarget(options, options);
  const owner = namespace ?? (options.stateFolder === undefined ? '' : (await hub?.whoAmI())?.name);
  return await Journal.open(hub && options.stateFolder, hub?.endpoint ?? '', `${owner}/${name}`);
}

/** Says what a failure to compare with the Space means: not the same to who pushes and to who only looks. */
export type Explain = <Result>(space: string, work: () => Promise<Result>) => Promise<Result>;

/** The plan of {@link planPush} with its by-products. */
export async function draftPush(
  hub: Hub | undefined,
  options: PlanOptions,
  journal: Journal,
  explain: Explain,
): Promise<Draft> {
  const { namespace, name } = parseTarget(options, options);
  const staging = stagingOf(options, name);
  const target = namespace === undefined ? name : `${namespace}/${name}`;
  const onEvent = hub?.context.onEvent ?? options.onEvent;
  const early = inStep({ onEvent }, 'stage', target, () => stageWith(options, staging));
  // Should the Hub refuse first, what goes wrong with staging is not the news.
  early.catch(() => undefined);
  if (!hub) {
    const staged = await early;
    return finished(options, { space: target, staging, staged });
  }
  const { space, info } = await lookAt(hub, options, namespace, name);
  const { staged, staging: used } = await restaged(options, staging, await early, info);
  const facts = { endpoint: hub.endpoint, space, staging: used, staged, info };
  if (!info) return finished(options, { ...facts, change: { exists: false, deletes: [], keeps: [], settings: [] } });
  const settings = await compareSettings(hub, info, settingsOf(options, staged), options.secrets ?? {}, journal);
  const comparison = await inStep(hub.context, 'compare', space, () =>
    explain(space, () => compareWithSpace(hub, staged, info, journal)),
  );
  return finished(options, { ...facts, comparison, change: changeOf(comparison, settings) });
}

/** The part of a plan that a comparison tells. */
export function changeOf(comparison: SpaceComparison, settings: readonly SettingChange[]): PlannedChange {
  const { parent, parentTree, treeId, deletes, keeps } = comparison;
  return { exists: true, parent, parentTree, treeId, deletes, keeps, settings };
}

async function lookAt(
  hub: Hub,
  options: PlanOptions,
  namespace: string | undefined,
  name: string,
): Promise<{ readonly space: string; readonly info: SpaceInfo | undefined }> {
  const me = await hub.whoAmI();
  const space = `${namespace ?? me.name}/${name}`;
  const info = await hub.spaceInfo(space);
  checkRole(me, { space, exists: info !== undefined, pr: options.pr ?? false });
  if (info && options.createOnly)
    throw new HfPushError('HAWSER_HF_SPACE_EXISTS', `Failed to create space ${space}: there is one already`);
  if (info) checkSdk(space, info);
  return { space, info };
}

/** Stages again when the Space shows other emoji or colours than were made up: what it has is kept. */
async function restaged(
  options: PlanOptions,
  staging: Plan['staging'],
  staged: Staged,
  info: SpaceInfo | undefined,
): Promise<{ readonly staged: Staged; readonly staging: Plan['staging'] }> {
  const look = info ? lookOf(info.card) : {};
  const isMadeUp = staged.findings.some(({ rule }) => rule === 'readme/generated');
  if (!isMadeUp || Object.keys(look).length === 0 || (await hasLook(staged, look))) return { staged, staging };
  const remoteReadme = [
    '---',
    ...Object.entries(look).map(([key, text]) => `${key}: ${JSON.stringify(text)}`),
    '---',
    '',
  ].join('\n');
  const kept = { ...staging, remoteReadme };
  return { staged: await stageWith(options, kept), staging: kept };
}

/** What a made up README takes over from the one that is there. */
function lookOf(card: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const entries = ['emoji', 'colorFrom', 'colorTo'].map((key) => [key, card[key]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

async function hasLook(staged: Staged, look: Readonly<Record<string, string>>): Promise<boolean> {
  const content = staged.files.find(({ path }) => path === 'README.md')?.content;
  if (content?.kind !== 'bytes' || content.path !== undefined) return false;
  const { parse } = await import('../text/yaml-library.js');
  const text = Buffer.from(content.bytes).toString('utf8');
  const card: unknown = parse(/^---\n(.*?)\n---/s.exec(text)?.[1] ?? '');
  return Object.entries(look).every(([key, value]) => (card as Record<string, unknown> | null)?.[key] === value);
}

function stagingOf(options: PlanOptions, spaceName: string): Plan['staging'] {
  const { from, environment, baseImage, webInterface, exclude, allowSecrets, fixReadme } = options;
  return {
    from,
    environment,
    spaceName,
    ...(baseImage === undefined ? {} : { baseImage }),
    ...(webInterface === undefined ? {} : { webInterface }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(allowSecrets === undefined ? {} : { allowSecrets }),
    ...(fixReadme === undefined ? {} : { fixReadme }),
  };
}

async function stageWith({ stage, signal }: PlanOptions, staging: Plan['staging']): Promise<Staged> {
  const work = stage ?? (await import('../stage/stage.js')).stageEnvironment;
  return await work({ ...staging, ...(signal ? { signal } : {}) });
}

function settingsOf(options: PlanOptions, staged: Staged): Plan['settings'] {
  const { hardware, sleepTimeSeconds } = options;
  return {
    ...(options.private === undefined ? {} : { private: options.private }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(sleepTimeSeconds === undefined ? {} : { sleepTimeSeconds }),
    variables: { ...staged.variables, ...options.variables },
    secrets: Object.keys(options.secrets ?? {}).toSorted(),
  };
}

interface Facts {
  readonly endpoint?: string;
  readonly space: string;
  readonly staging: Plan['staging'];
  readonly staged: Staged;
  readonly info?: SpaceInfo | undefined;
  readonly comparison?: SpaceComparison;
  readonly change?: PlannedChange;
}

function finished(options: PlanOptions, facts: Facts): Draft {
  const { endpoint, space, staging, staged, comparison, change } = facts;
  const settings = settingsOf(options, staged);
  const files: readonly PlannedFile[] = comparison
    ? comparison.files.map(({ file: { path, oid, size }, action, sha256 }) => ({
        path,
        oid,
        size,
        action,
        ...(sha256 === undefined ? {} : { sha256 }),
      }))
    : staged.files.map(({ path, oid, size }) => ({ path, oid, size, ...(change ? { action: 'add' as const } : {}) }));
  const body = {
    kind: 'hawser-hf-plan' as const,
    version: 1 as const,
    contents: contentsDigest({ files: staged.files, settings }),
    ...(endpoint === undefined ? {} : { endpoint }),
    space,
    environment: { name: staged.name, layout: staged.layout, appPort: staged.appPort },
    staging,
    files,
    settings,
    ...(change ? { change } : {}),
    findings: staged.findings,
  };
  return { plan: body, staged, info: facts.info, comparison };
}
