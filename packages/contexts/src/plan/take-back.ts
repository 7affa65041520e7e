import { StateStoreError } from '@hawser/state-store';
import { ContextsError } from '../errors.js';
import { isMap } from '../files.js';
import type { ContextsData, WrittenPlace, WrittenStep } from './contexts-document.js';
import type { Sheet } from './edit.js';
import { hashOf } from './hash.js';
import { placesAt, type WishTerms } from './wish.js';

/** What became of a place that was to be taken back; all but `taken` leave it as it is. */
export type TakenBack = 'taken' | 'gone' | 'shared' | 'in use' | 'chosen anew';

/**
 * Takes back one place: what was there before us comes back, else it goes, with the keys that we made for it.
 *
 * @param sheets - all files the context is written to
 * @throws ContextsError HAWSER_CTX_EDITED when it is not what we wrote any more, unless `overwrite`
 */
export function takeBack(place: WrittenPlace, sheets: readonly Sheet[], terms: WishTerms): TakenBack {
  const sheet = sheets.find(({ path }) => path === place.file);
  const { path, before } = place;
  const present = sheet?.get(path) ?? undefined;
  if (sheet === undefined || present === undefined) return 'gone';
  const isUnchanged = hashOf(present) === place.hash || hashOf('secret') === place.hash;
  if (isChoice(path)) {
    if (!isUnchanged) return 'chosen anew';
    restoreChoice(place, sheet, sheets);
    return 'taken';
  }
  if (placesAt(terms.data, place.file, path).some(({ context }) => context !== terms.context)) return 'shared';
  if (!isUnchanged && !terms.overwrite) throw edited(place);
  if (isInUse(place, sheets)) return 'in use';
  if (before === undefined) deleteWithMade(place, sheet);
  else sheet.set(path, before);
  return 'taken';
}

/** Choices stand at the root of their file: `active`, `current-context`. */
function isChoice(path: readonly WrittenStep[]): boolean {
  return path.length === 1;
}

function restoreChoice({ path, before, format }: WrittenPlace, sheet: Sheet, sheets: readonly Sheet[]): void {
  const isThere = before !== undefined && before !== '' && hasEntry(format, before, sheets);
  if (isThere || before === '') sheet.set(path, before);
  // Prefect falls back to its own profile when none is chosen; kubectl writes an empty choice itself.
  else if (format === 'kubeconfig' && before !== undefined) sheet.set(path, '');
  else sheet.delete(path);
}

/** Profiles that Prefect brings along (prefect/settings/profiles.toml, release 3.8). */
const BUILT_IN = ['ephemeral', 'local', 'cloud', 'test'];

function hasEntry(format: WrittenPlace['format'], name: string, sheets: readonly Sheet[]): boolean {
  const ofFormat = sheets.filter((sheet) => sheet.format === format);
  if (format === 'kubeconfig') return ofFormat.some((sheet) => sheet.get(['contexts', { name }]) !== undefined);
  return BUILT_IN.includes(name) || ofFormat.some((sheet) => sheet.get(['profiles', name]) !== undefined);
}

/** Whether a kubeconfig's context refers to this cluster or user; ours are taken back before them. */
function isInUse({ path: [list, item] }: WrittenPlace, sheets: readonly Sheet[]): boolean {
  if ((list !== 'clusters' && list !== 'users') || typeof item !== 'object') return false;
  const key = list === 'clusters' ? 'cluster' : 'user';
  return sheets
    .filter(({ format }) => format === 'kubeconfig')
    .flatMap((sheet) => sheet.get(['contexts']) ?? [])
    .some((entry) => isMap(entry) && isMap(entry['context']) && entry['context'][key] === item.name);
}

function deleteWithMade({ path, made = 1, format }: WrittenPlace, sheet: Sheet): void {
  sheet.delete(path);
  const least = path.length - made;
  for (let depth = path.length - 1; depth > least && depth > 0; depth -= 1) {
    const above = path.slice(0, depth);
    if (!isEmpty(sheet.get(above))) return;
    try {
      sheet.delete(above);
    } catch (error) {
      // A TOML table that no header names is there by its parts alone: its last part goes only together with it.
      const isByParts = format === 'toml' && error instanceof StateStoreError && depth > 1;
      if (!isByParts) throw error;
      sheet.delete(path.slice(0, depth - 1));
    }
  }
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

function edited({ file, path }: WrittenPlace): ContextsError {
  const name = path.map((step) => (typeof step === 'string' ? step : step.name)).join('.');
  return new ContextsError('HAWSER_CTX_EDITED', `${name} in ${file} was edited since it was written.`, {
    details: { file, path: name },
  });
}

/** The records without what they say of a context that goes: choices it had replaced pass on to those that replaced it. */
export function withoutContext(data: ContextsData, name: string): ContextsData {
  const { [name]: gone, ...others } = data.contexts;
  const contexts = Object.fromEntries(
    Object.entries(others).map(([other, record]) => [
      other,
      { ...record, written: record.written.map((place) => passOn(place, gone?.written ?? [])) },
    ]),
  );
  const { current, ...rest } = data;
  return { ...rest, contexts, ...(current === undefined || current === name ? {} : { current }) };
}

function passOn(place: WrittenPlace, gone: readonly WrittenPlace[]): WrittenPlace {
  const earlier = gone.find(
    (other) => isChoice(place.path) && other.file === place.file && other.path[0] === place.path[0],
  );
  if (earlier === undefined || place.before === undefined || hashOf(place.before) !== earlier.hash) return place;
  const { before: _before, ...rest } = place;
  return { ...rest, ...(earlier.before === undefined ? {} : { before: earlier.before }) };
}
