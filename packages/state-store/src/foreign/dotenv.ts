import type { ForeignCodec, PlainPath } from './codec.js';
import { lineBreakOf, lineEnd, lineStart, nextLine } from './text-lines.js';

/**
 * Environment files (`.env`), read as the npm package dotenv reads them: `NAME=value`, `export NAME=value`, values in
 * single, double or back quotes may span lines, `#` begins a comment. The value is a map of strings.
 */
export const dotenvCodec: ForeignCodec = {
  format: 'an environment file',
  parse: (text) => Object.fromEntries(scan(text).map(({ name, value }) => [name, value])),
  set(text, path, value) {
    const rendered = typeof value === 'string' ? renderValue(value) : undefined;
    const name = nameOf(path);
    if (rendered === undefined || name === undefined) return undefined;
    // A name may be there several times; the last one counts.
    const present = scan(text).findLast((line) => line.name === name);
    if (present !== undefined) return [{ start: present.valueStart, end: present.valueEnd, text: rendered }];
    const lineBreak = lineBreakOf(text);
    const gap = text === '' || text.endsWith('\n') ? '' : lineBreak;
    return [{ start: text.length, end: text.length, text: `${gap}${name}=${rendered}${lineBreak}` }];
  },
  delete(text, path) {
    const name = nameOf(path);
    return scan(text)
      .filter((line) => line.name === name)
      .map(({ start, valueEnd }) => ({ start: lineStart(text, start), end: nextLine(text, valueEnd), text: '' }));
  },
};

interface EnvLine {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

function scan(text: string): EnvLine[] {
  const lines: EnvLine[] = [];
  for (let at = 0; at < text.length; at = nextLine(text, at)) {
    const head = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*/.exec(text.slice(at, lineEnd(text, at)));
    const name = head?.[1];
    if (head === null || name === undefined) continue;
    const valueStart = at + head[0].length;
    const quoted = /^(?:'([^']*)'|"((?:[^"\\]|\\[^])*)"|`([^`]*)`)(?=[ \t]*(?:#|\r?\n|$))/.exec(text.slice(valueStart));
    const start = at;
    const bare = /^[^#\r\n]*/.exec(text.slice(valueStart))?.[0].trimEnd() ?? '';
    const valueEnd = valueStart + (quoted?.[0] ?? bare).length;
    lines.push({ name, value: quoted === null ? bare : unquote(quoted), start, valueStart, valueEnd });
    at = valueEnd;
  }
  return lines;
}

function unquote([, single, double, back]: RegExpExecArray): string {
  return double?.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\r`, '\r') ?? single ?? back ?? '';
}

function nameOf(path: PlainPath): string | undefined {
  const [name] = path;
  return path.length === 1 && typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name) ? name : undefined;
}

/**
 * A spelling that sh, bash, dotenv and Node read alike; `undefined` when there is none. Bare where that is safe for
 * docker too, which takes quotes for a part of the value.
 */
function renderValue(value: string): string | undefined {
  if (/^[\w@%+=:,./-]*$/.test(value)) return value;
  if (/[\0\r]/.test(value)) return undefined;
  if (!value.includes("'")) return `'${value}'`;
  return /["\\$`]/.test(value) ? undefined : `"${value}"`;
}
