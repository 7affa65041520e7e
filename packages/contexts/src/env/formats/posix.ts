import { type EnvFormat, SAFE, refuseAnywhere, scanBy } from './format.js';

/** Assignments of a POSIX shell, in single quotes where needed; read with `set -a; . FILE` (POSIX.1-2024 XCU §2.2.2). */
export const posix: EnvFormat = {
  name: 'posix',
  hasComments: true,
  refuse: refuseAnywhere,
  render: (name, value) => `${name}=${SAFE.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}\n`,
  scan: (text) => scanBy(ASSIGNMENT, text, unquote),
};

/** A word is made of quoted and unquoted parts; an expansion or anything behind the word makes it none of ours. */
const ASSIGNMENT =
  /[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z_]\w*)=(?<value>(?:'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^\n]|[^\s'"\\;&|<>()#])*)(?=[ \t]*(?:#[^\n]*)?(?:\n|$))/;

function unquote(raw: string): string {
  return raw.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
    (_part, single: string | undefined, double: string | undefined, escaped: string | undefined) =>
      single ??
      double?.replaceAll(/\\(\n|[$`"\\])/g, (_match, char: string) => (char === '\n' ? '' : char)) ??
      escaped ??
      '',
  );
}
