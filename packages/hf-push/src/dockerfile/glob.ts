/** A compiled pattern. */
export interface Glob {
  /** Whether the whole path matches; takes time by the length of path and pattern, whatever they are. */
  readonly test: (path: string) => boolean;
}

/** What stands in a pattern: one character, a run of them, or the beginning and the inside of any number of folders. */
type Token = ((char: string) => boolean) | 'segment' | 'all' | 'folders' | 'inside';

/**
 * Compiles a pattern of Go's `filepath.Match`: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are classes, a backslash
 * takes the next character as it is. With `doubleStar`, `**` is any number of folders, as in .dockerignore. Undefined
 * when the pattern is malformed.
 *
 * Not a regular expression: one with many stars can take longer than the world stands.
 */
export function compileGlob(
  pattern: string,
  { doubleStar = false }: { readonly doubleStar?: boolean } = {},
): Glob | undefined {
  const tokens: Token[] = [];
  const chars = Array.from(pattern);
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] as string;
    if (char === '*') {
      if (!doubleStar || chars[at + 1] !== '*') {
        if (tokens.at(-1) !== 'segment') tokens.push('segment');
        continue;
      }
      at += 1;
      if (chars[at + 1] === '/') {
        at += 1;
        tokens.push('folders', 'inside');
      } else if (tokens.at(-1) !== 'all') tokens.push('all');
    } else if (char === '?') tokens.push(isNoSlash);
    else if (char === '[') {
      const end = chars.indexOf(']', at + 2);
      const isOne = end === -1 ? undefined : classOf(chars.slice(at + 1, end).join(''));
      if (!isOne) return undefined;
      tokens.push(isOne);
      at = end;
    } else if (char === '\\') {
      at += 1;
      const next = chars[at];
      if (next === undefined) return undefined;
      tokens.push((each) => each === next);
    } else tokens.push((each) => each === char);
  }
  return { test: (path) => matches(tokens, path) };
}

/** Whether a path holds characters that make it a pattern. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

function isNoSlash(char: string): boolean {
  return char !== '/';
}

function classOf(body: string): ((char: string) => boolean) | undefined {
  const isNegated = body.startsWith('^');
  const listed = (isNegated ? body.slice(1) : body).replace(/[\\\]^[]/g, '\\$&');
  try {
    const pattern = new RegExp(`^[${isNegated ? '^/' : ''}${listed}]$`, 'su');
    return (char) => pattern.test(char);
  } catch {
    return undefined;
  }
}

/** Walks all ways through the tokens at once. */
function matches(tokens: readonly Token[], path: string): boolean {
  let at = new Set<number>();
  reach(tokens, at, 0);
  for (const char of path) {
    const next = new Set<number>();
    for (const index of at) {
      const token = tokens[index];
      if (typeof token === 'function') {
        if (token(char)) reach(tokens, next, index + 1);
      } else if (token === 'all' || (token === 'segment' && char !== '/')) reach(tokens, next, index);
      else if (token === 'inside') {
        next.add(index);
        if (char === '/') reach(tokens, next, index + 1);
      }
    }
    if (next.size === 0) return false;
    at = next;
  }
  return at.has(tokens.length);
}

/** Adds a place, and those that are reached from it without a character. */
function reach(tokens: readonly Token[], places: Set<number>, index: number): void {
  if (places.has(index)) return;
  places.add(index);
  const token = tokens[index];
  if (token === 'segment' || token === 'all') reach(tokens, places, index + 1);
  if (token !== 'folders') return;
  places.add(index + 1);
  reach(tokens, places, index + 2);
}
