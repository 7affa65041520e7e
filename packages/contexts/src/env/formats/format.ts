/** A spelling of env files. */
export type EnvFormatName =
  | 'portable'
  | 'posix'
  | 'dotenv'
  | 'docker'
  | 'json'
  | 'github'
  | 'systemd'
  | 'fish'
  | 'powershell';

/** One assignment of a text, as the readers of its format see it. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** Where it begins and ends in the text, its line break included. */
  readonly start: number;
  readonly end: number;
}

/** Spells values for the readers of one kind of env file, and reads them as these do. */
export interface EnvFormat {
  readonly name: EnvFormatName;
  /** Whether lines beginning with `#` are comments; without them no block can be marked as ours. */
  readonly hasComments: boolean;
  /** Why a value has no spelling here; undefined when it has one. */
  refuse(value: string): string | undefined;
  /** One assignment with its line break. The value is one that is not refused. */
  render(name: string, value: string): string;
  /** The assignments of any text, in order; what is none is passed over. */
  scan(text: string): readonly EnvEntry[];
}

/** Values that every reader reads alike without quotes: sh, bash, dotenv, Node, docker, systemd and python-dotenv. */
export const SAFE: RegExp = /^[A-Za-z0-9_@%+=:,./-]*$/;

/** Names that every shell and every reader takes. */
export const NAME: RegExp = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What no env file of any kind can hold: the environment itself is made of texts that end in NUL. */
export function refuseAnywhere(value: string): string | undefined {
  if (value.includes('\0')) return 'it holds a NUL';
  return /\p{Surrogate}/u.test(value) ? 'it is not well-formed Unicode' : undefined;
}

/** Scans a text by an expression that matches one assignment where a line begins; the groups are `name` and `value`. */
export function scanBy(
  pattern: RegExp,
  text: string,
  unquote: (raw: string) => string | undefined,
): readonly EnvEntry[] {
  const entries: EnvEntry[] = [];
  const sticky = new RegExp(pattern.source, 'uy');
  for (let at = 0; at < text.length;) {
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    const value = found === null ? undefined : unquote(found.groups?.['value'] ?? '');
    if (found === null || value === undefined) {
      at = afterLine(text, at);
      continue;
    }
    const end = afterLine(text, at + found[0].length);
    entries.push({ name: found.groups?.['name'] ?? '', value, start: at, end });
    at = end;
  }
  return entries;
}

/** Where the line after the one at this place begins. */
export function afterLine(text: string, at: number): number {
  const lineBreak = text.indexOf('\n', at);
  return lineBreak === -1 ? text.length : lineBreak + 1;
}
