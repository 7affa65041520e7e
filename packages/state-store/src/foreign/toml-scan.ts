import type { PlainPath } from './codec.js';
import { lineEnd, nextLine } from './text-lines.js';

/** One `key = value` of a TOML text. */
export interface TomlEntry {
  /** From the root, with the index of each array of tables on the way. */
  readonly path: PlainPath;
  /** How many keys it is written with: more than one for a dotted key. */
  readonly keys: number;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The entries from one table header to the next; the first section is the root, without a header. */
export interface TomlSection {
  readonly path: PlainPath;
  readonly start: number;
  /** Where its header's line ends. */
  readonly headerEnd: number;
  readonly entries: readonly TomlEntry[];
}

/** Finds where everything stands in a text that is known to be valid TOML. */
export function scanToml(text: string): TomlSection[] {
  const sections: (TomlSection & { entries: TomlEntry[] })[] = [{ path: [], start: 0, headerEnd: 0, entries: [] }];
  const arrayLengths = new Map<string, number>();
  for (let at = 0; at < text.length;) {
    at = skip(text, at, /\s*(?:#[^\n]*\s*)*/y);
    if (at >= text.length) break;
    const isHeader = text[at] === '[';
    if (isHeader) {
      const isArray = text[at + 1] === '[';
      const { keys } = scanKeys(text, at + (isArray ? 2 : 1));
      const path = placeOf(keys, isArray, arrayLengths);
      const headerEnd = lineEnd(text, at);
      sections.push({ path, start: at, headerEnd, entries: [] });
      at = nextLine(text, at);
      continue;
    }
    const { keys, end } = scanKeys(text, at);
    const valueStart = skip(text, end, /=[ \t]*/y);
    const valueEnd = endOfValue(text, valueStart);
    const section = sections.at(-1)!;
    section.entries.push({ path: [...section.path, ...keys], keys: keys.length, start: at, valueStart, valueEnd });
    at = nextLine(text, valueEnd);
  }
  return sections;
}

/** A header's path from the root: where a key names an array of tables, the last table of it is meant. */
function placeOf(keys: readonly string[], isArray: boolean, arrayLengths: Map<string, number>): PlainPath {
  const path: (string | number)[] = [];
  for (const [depth, key] of keys.entries()) {
    path.push(key);
    const name = JSON.stringify(path);
    const isNew = isArray && depth === keys.length - 1;
    const length = (arrayLengths.get(name) ?? 0) + (isNew ? 1 : 0);
    if (length === 0) continue;
    arrayLengths.set(name, length);
    path.push(length - 1);
  }
  return path;
}

function scanKeys(text: string, from: number): { keys: string[]; end: number } {
  const keys: string[] = [];
  const part = /[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([\w-]+))[ \t]*(\.?)/y;
  part.lastIndex = from;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    keys.push(found[1] === undefined ? (found[2] ?? found[3] ?? '') : unescape(found[1]));
    if (found[4] !== '.') return { keys, end: from + found[0].length };
    from = part.lastIndex;
  }
  return { keys, end: from };
}

function unescape(text: string): string {
  const long = text.replaceAll(/\\U([0-9a-fA-F]{8})/g, (_all, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
  return JSON.parse(`"${long.replaceAll('\t', String.raw`\t`)}"`) as string;
}

const STRING = /"""[^]*?(?<!\\)(?:\\\\)*"{3,5}|'''[^]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;

function endOfValue(text: string, start: number): number {
  const string = skip(text, start, STRING);
  if (string > start) return string;
  if (text[start] !== '[' && text[start] !== '{') {
    const bare = skip(text, start, /[^,\]}#\r\n]*/y);
    return start + text.slice(start, bare).trimEnd().length;
  }
  let depth = 0;
  for (let at = start; at < text.length;) {
    const behind = skip(text, at, STRING);
    if (behind > at) {
      at = behind;
      continue;
    }
    const char = text[at];
    if (char === '#') at = lineEnd(text, at);
    if (char === '[' || char === '{') depth++;
    if (char === ']' || char === '}') depth--;
    at++;
    if (depth === 0) return at;
  }
  return text.length;
}

function skip(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}
