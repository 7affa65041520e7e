import { parse, TomlDate } from 'smol-toml';
import { applySplices, type ForeignCodec, type PlainPath, type Splice } from './codec.js';
import { nest } from './flow-edit.js';
import { lineBreakOf, lineEnd, lineStart, nextLine } from './text-lines.js';
import { renderEntry, renderKeys, renderToml } from './toml-render.js';
import { scanToml, type TomlEntry, type TomlSection } from './toml-scan.js';

/** TOML 1.0. Whole numbers beyond 2^53 are `bigint`, dates are `TomlDate`. */
export const tomlCodec: ForeignCodec = {
  format: 'TOML',
  parse: (text) => plain(parse(text, { integersAsBigInt: 'asNeeded' })),
  set: (text, path, value) => asSplice(text, setIn(text, path, value)),
  delete: (text, path) => asSplice(text, deleteIn(text, path)),
};

/** The text with the value at the path; `undefined` when TOML has no notation for it. */
function setIn(text: string, path: PlainPath, value: unknown): string | undefined {
  const rendered = renderToml(value);
  if (rendered === undefined) return undefined;
  const sections = scanToml(text);
  const entries = sections.flatMap((section) => section.entries);
  const within = entries.find((entry) => isPrefix(entry.path, path));
  if (within !== undefined) return replaceWithin(text, within, path, value);
  const isThere = [...sections, ...entries].some((place) => place.path.length > 0 && isPrefix(path, place.path));
  if (isThere) {
    const present = valueAt(text, path);
    if (isTable(present) && isTable(value)) return setTable(text, path, present, value);
    const without = deleteIn(text, path);
    return without === undefined ? undefined : setIn(without, path, value);
  }
  return isTable(value) ? addTable(text, sections, path, value) : addEntry(text, sections, path, rendered);
}

function deleteIn(text: string, path: PlainPath): string | undefined {
  const sections = scanToml(text);
  const entries = sections.flatMap((section) => section.entries);
  const within = entries.find((entry) => isPrefix(entry.path, path) && entry.path.length < path.length);
  if (within !== undefined) return replaceWithin(text, within, path, undefined);
  const list = path.slice(0, -1);
  const tables = sections.filter((section) => section.path.length === path.length && isPrefix(list, section.path));
  if (typeof path.at(-1) === 'number' && tables.length === 1) {
    const without = deleteIn(text, list);
    return without === undefined ? undefined : setIn(without, list, []);
  }
  const splices: Splice[] = [];
  for (const section of sections) {
    if (section.path.length > 0 && isPrefix(path, section.path)) {
      const end = nextLine(text, section.entries.at(-1)?.valueEnd ?? section.start);
      splices.push({ start: withGap(text, lineStart(text, section.start), end), end, text: '' });
      continue;
    }
    for (const { path: at, start, valueEnd } of section.entries) {
      if (isPrefix(path, at)) splices.push({ start: lineStart(text, start), end: nextLine(text, valueEnd), text: '' });
    }
  }
  return applySplices(text, splices);
}

/** Where a section begins that ends at `end`: with the empty line before it, unless something else needs that line. */
function withGap(text: string, start: number, end: number): number {
  const isLast = end === text.length || /^\r?\n/.test(text.slice(end, end + 2));
  const gap = isLast ? /(?<=\n)\r?\n$/.exec(text.slice(Math.max(0, start - 3), start)) : null;
  return start - (gap?.[0].length ?? 0);
}

/** Changes a value, or a part of one, that is written behind a '='. */
function replaceWithin(text: string, entry: TomlEntry, path: PlainPath, value: unknown): string | undefined {
  const { valueStart: start, valueEnd: end } = entry;
  const rest = path.slice(entry.path.length);
  const old = text.slice(start, end);
  // Written anew, an array would lose the comments in it.
  if (rest.length > 0 && old.includes('#')) return undefined;
  const whole: unknown =
    rest.length === 0
      ? value
      : withPart(plain(parse(`v = ${old}`, { integersAsBigInt: 'asNeeded' }))['v'], rest, value);
  const rendered = renderToml(whole);
  return rendered === undefined ? undefined : applySplices(text, [{ start, end, text: rendered }]);
}

/** Makes a table that is there already equal to `value`, key by key, so that comments between its keys stay. */
function setTable(
  text: string,
  path: PlainPath,
  present: Record<string, unknown>,
  value: Record<string, unknown>,
): string | undefined {
  let result: string | undefined = text;
  for (const key of Object.keys(present)) {
    if (result !== undefined && !Object.hasOwn(value, key)) result = deleteIn(result, [...path, key]);
  }
  for (const [key, part] of Object.entries(value)) {
    if (result !== undefined) result = setIn(result, [...path, key], part);
  }
  return result;
}

function addEntry(
  text: string,
  sections: readonly TomlSection[],
  path: PlainPath,
  rendered: string,
): string | undefined {
  if (typeof path.at(-1) === 'number') return undefined;
  const parent = path.slice(0, -1);
  const lineBreak = lineBreakOf(text);
  const section = sections.findLast((candidate) => isSame(candidate.path, parent));
  if (section !== undefined) {
    const last = section.entries.findLast((entry) => entry.keys === 1) ?? section.entries.at(-1);
    const line = renderEntry([path.at(-1) ?? ''], rendered);
    if (last === undefined && section.path.length === 0) return `${line}${lineBreak}${text}`;
    return insertLine(text, last?.valueEnd ?? section.start, line);
  }
  // A table written as the first keys of dotted ones.
  const sibling = sections
    .filter((candidate) => isPrefix(candidate.path, parent))
    .flatMap((candidate) => candidate.entries)
    .findLast((entry) => isPrefix(parent, entry.path));
  if (sibling !== undefined) {
    const keys = path.slice(sibling.path.length - sibling.keys);
    return insertLine(text, sibling.valueEnd, renderEntry(keys, rendered));
  }
  if (path.some((segment) => typeof segment === 'number')) return undefined;
  return append(text, text.length, [`[${renderKeys(parent)}]`, renderEntry([path.at(-1) ?? ''], rendered)]);
}

/** Adds a table that is not there yet, as a section of its own. */
function addTable(
  text: string,
  sections: readonly TomlSection[],
  path: PlainPath,
  value: Record<string, unknown>,
): string | undefined {
  const isItem = typeof path.at(-1) === 'number';
  const name = isItem ? path.slice(0, -1) : path;
  const inner = name.filter((segment) => typeof segment === 'string');
  const siblings = sections.filter((section) => section.path.length > 0 && isPrefix(name.slice(0, -1), section.path));
  // An array's tables belong behind each other; any other table may stand at the end.
  const last = isItem || inner.length < name.length ? siblings.at(-1) : undefined;
  const at = last === undefined ? text.length : nextLine(text, last.entries.at(-1)?.valueEnd ?? last.start);
  const header = isItem ? `[[${renderKeys(inner)}]]` : `[${renderKeys(inner)}]`;
  const lines = [header];
  for (const [key, part] of Object.entries(value)) {
    const rendered = renderToml(part);
    if (rendered === undefined) return undefined;
    lines.push(renderEntry([key], rendered));
  }
  return append(text, at, lines);
}

/** Puts a section behind everything before the offset, set off by an empty line. */
function append(text: string, at: number, lines: readonly string[]): string {
  const lineBreak = lineBreakOf(text);
  const head = text.slice(0, at);
  const gap = head.trim() === '' ? '' : head.endsWith('\n') ? lineBreak : `${lineBreak}${lineBreak}`;
  const tail = text.slice(at);
  return `${head}${gap}${lines.join(lineBreak)}${lineBreak}${tail.trim() === '' ? '' : lineBreak.repeat(/^\s*\n/.test(tail) ? 0 : 1)}${tail}`;
}

function insertLine(text: string, behind: number, line: string): string {
  const at = lineEnd(text, behind);
  return `${text.slice(0, at)}${lineBreakOf(text)}${line}${text.slice(at)}`;
}

/** The one stretch in which the texts differ. */
function asSplice(before: string, after: string | undefined): Splice[] | undefined {
  if (after === undefined) return undefined;
  const most = Math.min(before.length, after.length);
  let same = 0;
  while (same < most && before[same] === after[same]) same++;
  let tail = 0;
  while (tail < most - same && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return [{ start: same, end: before.length - tail, text: after.slice(same, after.length - tail) }];
}

function valueAt(text: string, path: PlainPath): unknown {
  let at: unknown = plain(parse(text, { integersAsBigInt: 'asNeeded' }));
  for (const segment of path) at = (at as Record<string | number, unknown>)[segment];
  return at;
}

/** A copy of a value written behind one '=', with another part; `undefined` takes the part away. */
function withPart(whole: unknown, path: PlainPath, value: unknown): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (Array.isArray(whole)) {
    const index = Number(segment);
    if (rest.length === 0 && value === undefined) return whole.toSpliced(index, 1);
    return whole.toSpliced(index, 1, withPart(whole[index], rest, value));
  }
  if (!isTable(whole)) return nest(path, value);
  const { [segment]: old, ...others } = whole;
  if (rest.length === 0 && value === undefined) return others;
  return { ...whole, [segment]: withPart(old, rest, value) };
}

function isPrefix(prefix: PlainPath, path: PlainPath): boolean {
  return prefix.length <= path.length && prefix.every((segment, depth) => segment === path[depth]);
}

function isSame(one: PlainPath, other: PlainPath): boolean {
  return one.length === other.length && isPrefix(one, other);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The parser's value as plain objects, so that it can be compared. */
function plain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(plain) as T;
  if (!isTable(value) || value instanceof TomlDate) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)])) as T;
}
