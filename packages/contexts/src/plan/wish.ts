import { isDeepStrictEqual } from 'node:util';
import { ContextsError } from '../errors.js';
import { isMap } from '../files.js';
import type { ContextsData, WrittenPlace, WrittenStep } from './contexts-document.js';
import type { PlannedFile, Sheet } from './edit.js';
import { hashOf } from './hash.js';

/** One place of a file that is to have a value. */
export interface Wish {
  readonly file: PlannedFile;
  readonly path: readonly WrittenStep[];
  readonly value: unknown;
  /** In messages: `the profile staging`. */
  readonly what: string;
  /** A choice among entries, as `current-context` is: changing it needs no leave, and taking it back restores the old one. */
  readonly isChoice?: boolean;
  /** Left out of hashes and of what is remembered. */
  readonly isSecret?: boolean;
  /** Whether what is there does as well as what is wanted, so that it stays as it is. */
  readonly serves?: (present: unknown) => boolean;
}

/** What wishes are fulfilled under. */
export interface WishTerms {
  /** The context they belong to. */
  readonly context: string;
  readonly data: ContextsData;
  /** Whether what others made, or edited, may be replaced. */
  readonly overwrite: boolean;
  /** Places that another program has written for us. */
  readonly claimed?: readonly WrittenPlace[];
}

/**
 * Sees to it that a place has its value.
 *
 * @returns the place, as ours to take back; `undefined` when all was there already, made by others
 * @throws ContextsError HAWSER_CTX_EXISTS when another value is there, HAWSER_CTX_EDITED when we wrote it and somebody
 *   changed it since; neither with `overwrite`
 */
export function fulfil(wish: Wish, sheet: Sheet, terms: WishTerms): WrittenPlace | undefined {
  const { path, value } = wish;
  const present = sheet.get(path) ?? undefined;
  const known = placesAt(terms.data, wish.file.path, path);
  const own = known.find(({ context }) => context === terms.context)?.place;
  const isSame = isDeepStrictEqual(present, value);
  // What is ours alone follows the wish to the letter.
  const mayServe = present !== undefined && own?.hash !== hashOfPlace(wish, present);
  if (isSame || (mayServe && wish.serves?.(present) === true)) {
    if (own !== undefined) return isSame ? { ...own, hash: hashOfPlace(wish, value) } : own;
    const { claimed = [] } = terms;
    const isIt = ({ file, path: at, hash }: WrittenPlace): boolean =>
      file === wish.file.path && isDeepStrictEqual(at, path) && hash === hashOfPlace(wish, present);
    // Shared with another context of ours: it goes when the last of them goes.
    return known.find(({ place }) => isIt(place))?.place ?? claimed.find(isIt);
  }
  if (present !== undefined && wish.isChoice !== true && !terms.overwrite) refuseUnlessOurs(wish, present, terms);
  // A choice made by somebody else in between is the one to come back to.
  const follows = own !== undefined && (wish.isChoice !== true || own.hash === hashOfPlace(wish, present));
  const made = follows ? (own.made ?? 0) : missingSteps(sheet, path);
  const before = follows ? own.before : rememberable(wish, present);
  sheet.set(path, value);
  return {
    file: wish.file.path,
    format: wish.file.format,
    path,
    hash: hashOfPlace(wish, value),
    ...(before === undefined ? {} : { before }),
    ...(made === 0 ? {} : { made }),
  };
}

/** The hash a place is recorded with. */
function hashOfPlace({ isSecret = false }: Wish, value: unknown): string {
  return hashOf(isSecret ? 'secret' : value);
}

/** The places there were, as they are now, in their old order, and then those that are new. */
export function mergePlaces(old: readonly WrittenPlace[], now: readonly WrittenPlace[]): readonly WrittenPlace[] {
  const isOf = (one: WrittenPlace) => (other: WrittenPlace) =>
    one.file === other.file && isDeepStrictEqual(one.path, other.path);
  const known = old.flatMap((place) => now.find(isOf(place)) ?? []);
  return [...known, ...now.filter((place) => !known.includes(place))];
}

/** The records that a place of a file is in. */
export function placesAt(
  data: ContextsData,
  file: string,
  path: readonly WrittenStep[],
): readonly { readonly context: string; readonly place: WrittenPlace }[] {
  return Object.entries(data.contexts).flatMap(([context, { written }]) =>
    written
      .filter((place) => place.file === file && isDeepStrictEqual(place.path, path))
      .map((place) => ({ context, place })),
  );
}

function refuseUnlessOurs(wish: Wish, present: unknown, { context, data }: WishTerms): void {
  const known = placesAt(data, wish.file.path, wish.path);
  const own = known.find((each) => each.context === context)?.place;
  const details = { file: wish.file.path, path: wish.path.map(shownStep) };
  if (own !== undefined) {
    if (own.hash === hashOfPlace(wish, present)) return;
    throw new ContextsError('HAWSER_CTX_EDITED', `${capital(wish.what)} in ${wish.file.path} was edited since.`, {
      details,
    });
  }
  const whose = known[0] === undefined ? '' : `, as the context ${known[0].context} wants it`;
  throw new ContextsError(
    'HAWSER_CTX_EXISTS',
    `${capital(wish.what)} is in ${wish.file.path} already and differs${whose}${difference(present, wish.value)}.`,
    { details },
  );
}

/** What differs, by its keys: values may be secret. */
function difference(present: unknown, wanted: unknown): string {
  if (!isMap(present) || !isMap(wanted)) return '';
  const keys = differingKeys(present, wanted);
  return keys.length === 0 ? '' : ` in ${keys.join(', ')}`;
}

function differingKeys(
  present: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): string[] {
  const keys = [...new Set([...Object.keys(present), ...Object.keys(wanted)])];
  return keys.flatMap((key) => {
    const [one, other] = [present[key], wanted[key]];
    if (isDeepStrictEqual(one, other)) return [];
    return isMap(one) && isMap(other) ? differingKeys(one, other).map((inner) => `${key}.${inner}`) : [key];
  });
}

/** How many steps at the end of a path lead to nothing yet. */
function missingSteps(sheet: Sheet, path: readonly WrittenStep[]): number {
  let there = path.length;
  while (there > 0 && (sheet.get(path.slice(0, there)) ?? undefined) === undefined) there -= 1;
  return path.length - there;
}

/** A value that may stand in the state folder, so that it can come back. */
function rememberable({ isSecret = false }: Wish, present: unknown): string | undefined {
  if (isSecret || typeof present !== 'string' || present.includes('@')) return undefined;
  return present;
}

function shownStep(step: WrittenStep): string {
  return typeof step === 'string' ? step : step.name;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
