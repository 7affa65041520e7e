/** Values by name; undefined is a variable that was declared without a value. */
export type Variables = ReadonlyMap<string, string | undefined>;

/** What a text became, and which variables in it have no known value. */
export interface Expanded {
  readonly text: string;
  readonly unknown: readonly string[];
}

const maxChars = 64 * 1024;
const reference =
  /\\(?<escaped>\$)|\$(?:(?<bare>[A-Za-z_]\w*)|\{(?<name>[A-Za-z_]\w*)(?::?(?<operator>[-+])(?<word>[^}]*))?\})/g;

/**
 * Puts the values of variables into a text: `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+instead}`. A variable
 * without a known value becomes nothing, as in a build, and is named.
 *
 * @see Dockerfile reference, "Environment replacement".
 */
export function expandVariables(text: string, variables: Variables): Expanded {
  const unknown: string[] = [];
  const expanded = text.replace(reference, (...args) => {
    const { escaped, bare, name = bare, operator, word } = args.at(-1) as Record<string, string | undefined>;
    if (escaped || name === undefined) return '$';
    const value = variables.get(name);
    if (operator === '-') return value === undefined || value === '' ? (word ?? '') : value;
    if (operator === '+') return value === undefined || value === '' ? '' : (word ?? '');
    if (value === undefined) unknown.push(name);
    return value ?? '';
  });
  // A value of values of values: nobody's path, and soon longer than memory.
  if (expanded.length > maxChars) return { text: '', unknown: ['a variable of too great a length'] };
  return { text: expanded, unknown };
}
