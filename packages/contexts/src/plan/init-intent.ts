import { isDeepStrictEqual } from 'node:util';
import { ContextsError } from '../errors.js';
import { isMap } from '../files.js';
import { checkShape } from '../kubeconfig/check-shape.js';
import { chooseForCurrent, chooseKubeconfig, holdingKubeconfig } from '../kubeconfig/choose.js';
import { serves, type KubeEntries, type NamedEntry } from '../kubeconfig/entries.js';
import {
  followedBy,
  type ContextRecord,
  type ContextsData,
  type ContextTargets,
  type KubernetesPart,
  type PrefectPart,
  type WrittenPlace,
} from './contexts-document.js';
import type { PlannedFile, Sheet } from './edit.js';
import { hashOf } from './hash.js';
import { listKubeconfigs, sheetOf, type Intent, type Settled, type Surroundings } from './intent.js';
import { takeBack } from './take-back.js';
import { fulfil, mergePlaces, type Wish, type WishTerms } from './wish.js';

/** The Prefect profile of a context. */
export interface PrefectTarget extends PrefectPart {
  /** The profiles file. */
  readonly file: string;
  /** Written as `PREFECT_API_KEY`. */
  readonly apiKey?: string | undefined;
}

/** The kubectl context of a context. */
export interface KubernetesTarget extends Omit<KubernetesPart, 'kubeconfig'> {
  /** The kubeconfigs in force, in their order. */
  readonly files: readonly string[];
  readonly entries: KubeEntries;
}

/** What `ctx init` is to do. */
export interface InitTargets {
  readonly context: string;
  readonly prefect?: PrefectTarget | undefined;
  readonly kubernetes?: KubernetesTarget | undefined;
  /** Whether the profile and the kubectl context become the chosen ones. */
  readonly switches: boolean;
  readonly overwrite: boolean;
  /** Places that another program has written for us. */
  readonly claimed: readonly WrittenPlace[];
}

/** Points Prefect and kubectl at their targets, and takes back what the context wanted before and does not any more. */
export function initIntent(targets: InitTargets, known: ContextRecord | undefined): Intent {
  const { context, prefect, kubernetes } = targets;
  const files = new Map<string, PlannedFile>();
  if (prefect !== undefined) files.set(prefect.file, { path: prefect.file, format: 'toml' });
  for (const path of kubernetes?.files ?? []) files.set(path, { path, format: 'kubeconfig' });
  for (const { file: path, format } of known?.written ?? []) {
    if (isPlanned(targets, format)) files.set(path, { path, format });
  }
  return { purpose: 'init', context, files: [...files.values()], settle: (around) => settle(targets, around) };
}

function isPlanned({ prefect, kubernetes }: InitTargets, format: WrittenPlace['format']): boolean {
  return (format === 'toml' ? prefect : kubernetes) !== undefined;
}

function settle(targets: InitTargets, around: Surroundings): Settled {
  const { context, prefect, kubernetes, overwrite, claimed, switches } = targets;
  const { data, sheets, now } = around;
  const terms: WishTerms = { context, data, overwrite, claimed };
  const wishes = [
    ...(prefect === undefined ? [] : prefectWishes(prefect, around, switches)),
    ...(kubernetes === undefined ? [] : kubeWishes(kubernetes, around, switches)),
  ];
  const written: WrittenPlace[] = [];
  for (const wish of wishes) {
    const place = fulfil(wish, sheetOf(wish.file.path, around), terms);
    if (place !== undefined) written.push(place);
  }
  const old = data.contexts[context];
  const isWished = ({ file, path }: WrittenPlace): boolean =>
    wishes.some((wish) => wish.file.path === file && isDeepStrictEqual(wish.path, path));
  const others = (old?.written ?? []).filter((place) => !isWished(place));
  const kept = others.filter((place) => staysUnasked(place, targets, old));
  for (const place of others.toReversed()) if (!kept.includes(place)) takeBack(place, sheets, terms);
  const kubeconfig = wishes.find(({ path }) => path[0] === 'contexts')?.file.path;
  const parts: ContextTargets = {
    ...withPart('prefect', prefect && prefectPart(prefect), old?.prefect),
    ...withPart('kubernetes', kubernetes && kubernetesPart(kubernetes, kubeconfig), old?.kubernetes),
  };
  const record = recordOf(old, parts, mergePlaces(old?.written ?? [], [...kept, ...written]), now);
  const current = switches || data.current === undefined ? context : data.current;
  const contexts = { ...withHashes(data.contexts, written), [context]: record };
  return { data: { current, contexts }, notes: notesOf(around) };
}

/**
 * Whether a place that is not asked for this time stays ours: of a program that is left alone, a choice made before for
 * the same name (by a run that switched), and a secret of the same profile for the same address.
 */
function staysUnasked(place: WrittenPlace, targets: InitTargets, old: ContextRecord | undefined): boolean {
  const { prefect, kubernetes } = targets;
  if (!isPlanned(targets, place.format)) return true;
  const [key, profile, name] = place.path;
  if (name === undefined && profile === undefined) {
    const chosen = place.format === 'toml' ? prefect?.profile : kubernetes?.context;
    return place.hash === hashOf(chosen);
  }
  const isSecret = key === 'profiles' && name === 'PREFECT_API_KEY';
  return isSecret && profile === prefect?.profile && old?.prefect?.apiUrl === prefect?.apiUrl;
}

function prefectWishes(target: PrefectTarget, around: Surroundings, switches: boolean): readonly Wish[] {
  const { profile, apiUrl, apiKey } = target;
  const file: PlannedFile = { path: target.file, format: 'toml' };
  checkProfiles(sheetOf(file.path, around), profile);
  const table = ['profiles', profile];
  return [
    ...(switches ? [{ file, path: ['active'], value: profile, what: 'the active profile', isChoice: true }] : []),
    {
      file,
      path: [...table, 'PREFECT_API_URL'],
      value: apiUrl,
      what: `the PREFECT_API_URL of the profile ${profile}`,
      serves: (present) => typeof present === 'string' && present.replace(/\/+$/, '') === apiUrl,
    },
    ...(apiKey === undefined
      ? []
      : [
          {
            file,
            path: [...table, 'PREFECT_API_KEY'],
            value: apiKey,
            what: `the PREFECT_API_KEY of the profile ${profile}`,
            isSecret: true,
          },
        ]),
  ];
}

/** Prefect reads nothing but texts and tables in these places; another value there is somebody's mistake. */
function checkProfiles({ path, value }: Sheet, profile: string): void {
  const profiles = isMap(value) ? (value['profiles'] ?? {}) : {};
  const table = isMap(profiles) ? (profiles[profile] ?? {}) : undefined;
  if (table !== undefined && isMap(table)) return;
  const where = table === undefined ? "'profiles'" : `'profiles.${profile}'`;
  throw new ContextsError('HAWSER_CTX_FILE_INVALID', `${path} holds no profiles: ${where} is not a table.`, {
    details: { file: path },
  });
}

function kubeWishes(target: KubernetesTarget, around: Surroundings, switches: boolean): readonly Wish[] {
  const { cluster, user, context } = target.entries;
  const listed = listKubeconfigs(target.files, around);
  const home = chooseKubeconfig(listed, 'clusters', cluster.name).path;
  // An entry of the same name elsewhere is the one that would have to change: two of them would hide each other.
  const fileFor = ({ list, name }: NamedEntry): string => holdingKubeconfig(listed, list, name)?.path ?? home;
  const wishes = [cluster, user, context].map((entry): Wish => {
    const what = { clusters: 'cluster', users: 'user', contexts: 'context' }[entry.list];
    return {
      file: { path: fileFor(entry), format: 'kubeconfig' },
      path: [entry.list, { name: entry.name }],
      value: entry.value,
      what: `the ${what} ${entry.name}`,
      serves: serves(entry),
    };
  });
  for (const path of new Set(wishes.map(({ file }) => file.path))) {
    const sheet = sheetOf(path, around);
    checkShape(path, sheet.value);
    beginKubeconfig(sheet);
  }
  if (!switches) return wishes;
  const path = chooseForCurrent(listed, home);
  checkShape(path, sheetOf(path, around).value);
  const file: PlannedFile = { path, format: 'kubeconfig' };
  return [
    ...wishes,
    { file, path: ['current-context'], value: context.name, what: 'the current context', isChoice: true },
  ];
}

/** What every kubeconfig begins with. Not ours to take back: without it the file would be no kubeconfig any more. */
function beginKubeconfig(sheet: Sheet): void {
  if (!isMap(sheet.value) || Object.keys(sheet.value).length > 0) return;
  sheet.set(['apiVersion'], 'v1');
  sheet.set(['kind'], 'Config');
}

function prefectPart({ apiKey: _apiKey, ...part }: PrefectTarget): PrefectPart {
  return part;
}

function kubernetesPart(target: KubernetesTarget, kubeconfig: string | undefined): KubernetesPart {
  const { files: _files, entries: _entries, ...part } = target;
  return { ...part, ...(kubeconfig === undefined ? {} : { kubeconfig }) };
}

function withPart<Key extends string, Part>(
  key: Key,
  now: Part | undefined,
  old: Part | undefined,
): { [K in Key]?: Part } {
  const part = now ?? old;
  return part === undefined ? {} : ({ [key]: part } as { [K in Key]?: Part });
}

function recordOf(
  old: ContextRecord | undefined,
  parts: ContextTargets,
  written: readonly WrittenPlace[],
  now: string,
): ContextRecord {
  if (old === undefined) return { ...followedBy(undefined, parts, now), written };
  const isSame = isDeepStrictEqual(
    { prefect: old.prefect, kubernetes: old.kubernetes },
    { prefect: undefined, kubernetes: undefined, ...parts },
  );
  if (!isSame) return { ...followedBy(old, parts, now), written };
  return isDeepStrictEqual(old.written, written) ? old : { ...old, written, updatedAt: now };
}

/** Places that other contexts of ours share follow what was written just now. */
function withHashes(contexts: ContextsData['contexts'], written: readonly WrittenPlace[]): ContextsData['contexts'] {
  const follow = (place: WrittenPlace): WrittenPlace => {
    const now = written.find(({ file, path }) => file === place.file && isDeepStrictEqual(path, place.path));
    // A choice is not shared: who made it before has had it taken away.
    return now === undefined || place.path.length === 1 ? place : { ...place, hash: now.hash };
  };
  return Object.fromEntries(
    Object.entries(contexts).map(([name, record]) => [name, { ...record, written: record.written.map(follow) }]),
  );
}

function notesOf({ problems }: Surroundings): readonly string[] {
  return [...problems.values()].map(({ message }) => `Passed by: ${message}`);
}
