import { type EnvFormat, SAFE, refuseAnywhere, scanBy } from './format.js';

/**
 * Files of the npm package dotenv and of `node --env-file`. Quotes hold any text that has none of the same kind; there
 * is no escaping, but for `\n` within double quotes, which are not used here.
 *
 * A backslash at the end is refused: dotenv then looks for the closing quote in the lines behind. python-dotenv reads
 * these files too, but expands `${NAME}` and takes `\\` for one backslash, whatever the quotes.
 */
export const dotenv: EnvFormat = {
  name: 'dotenv',
  hasComments: true,
  refuse(value) {
    const why = refuseAnywhere(value);
    if (why !== undefined) return why;
    if (value.includes('\r')) return 'it holds a carriage return, which dotenv takes for a line break';
    if (value.includes('\\') && !SAFE.test(value) && /\\['"`]|\\$/.test(value)) {
      return 'it holds a backslash before a quote, or at its end';
    }
    return SAFE.test(value) || quoteFor(value) !== undefined ? undefined : 'it holds quotes of all kinds';
  },
  render(name, value) {
    const quote = SAFE.test(value) ? '' : (quoteFor(value) ?? '');
    return `${name}=${quote}${value}${quote}\n`;
  },
  scan: (text) => scanBy(ASSIGNMENT, text, unquote),
};

/** In double quotes `\n` would become a line break; back quotes are last, as python-dotenv does not know them. */
function quoteFor(value: string): string | undefined {
  if (!value.includes("'")) return "'";
  if (!value.includes('"') && !value.includes('\\')) return '"';
  return value.includes('`') ? undefined : '`';
}

const ASSIGNMENT =
  /[ \t]*(?:export[ \t]+)?(?<name>[\w.-]+)[ \t]*=[ \t]*(?<value>'[^']*'|"(?:[^"\\]|\\[^])*"|`[^`]*`|[^#\r\n]*)(?=[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$))/;

function unquote(raw: string): string {
  const value = raw.trim();
  if (/^'[^]*'$|^`[^]*`$/.test(value) && value.length > 1) return value.slice(1, -1);
  if (!/^"[^]*"$/.test(value) || value.length === 1) return value;
  return value
    .slice(1, -1)
    .replaceAll(String.raw`\n`, '\n')
    .replaceAll(String.raw`\r`, '\r');
}
