/**
 * A pattern of Go's `filepath.Match` as a regular expression: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are
 * classes, a backslash takes the next character as it is. With `doubleStar`, `**` is any number of folders, as in
 * .dockerignore. Undefined when the pattern is malformed.
 */
export function globToRegExp(
  pattern: string,
  { doubleStar = false }: { readonly doubleStar?: boolean } = {},
): RegExp | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === '*') {
      const isDouble = doubleStar && pattern[at + 1] === '*';
      if (!isDouble) {
        source += '[^/]*';
        continue;
      }
      at += 1;
      const isFolder = pattern[at + 1] === '/';
      if (isFolder) at += 1;
      source += isFolder ? '(?:.*/)?' : '.*';
    } else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end === -1) return undefined;
      const body = pattern.slice(at + 1, end);
      const isNegated = body.startsWith('^');
      source += `[${isNegated ? '^/' : ''}${(isNegated ? body.slice(1) : body).replace(/[\\\]^[]/g, '\\$&')}]`;
      at = end;
    } else if (char === '\\') {
      at += 1;
      if (at === pattern.length) return undefined;
      source += escape(pattern.charAt(at));
    } else source += escape(char);
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    return undefined;
  }
}

/** Whether a path holds characters that make it a pattern. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
