/**
 * Why `text` cannot be asked of a remote as a branch, tag or commit; `undefined` when it can. Stricter than git where
 * git's own commands would read something else into it: an option, a range, a reflog entry.
 *
 * @see git-check-ref-format(1), rules 1 to 10
 */
export function refProblem(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > 255) return 'must have at most 255 characters';
  if (text.startsWith('-')) return 'must not begin with -';
  if (/\p{Cc}/u.test(text)) return 'must not contain control characters';
  if (/[ ~^:?*[\\]|\.\.|@\{|\/\//.test(text) || text === '@' || /^[/.]|\/\.|[/.]$|\.lock(?:\/|$)/.test(text)) {
    return 'is no name of a branch or tag, and no commit';
  }
  return undefined;
}
