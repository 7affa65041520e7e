/**
 * Cuts words at the first `--`: what stands behind it belongs to another command and is handed on untouched. The
 * parser of oclif would drop a second `--` and read flags on both sides.
 */
export function cutAtDashes(argv: readonly string[]): { readonly own: string[]; readonly rest: string[] | undefined } {
  const at = argv.indexOf('--');
  return at < 0 ? { own: [...argv], rest: undefined } : { own: argv.slice(0, at), rest: argv.slice(at + 1) };
}

/** Whether a command line asks for JSON, seen before any parser has looked at it. */
export function wantsJson(argv: readonly string[]): boolean {
  return cutAtDashes(argv).own.includes('--json');
}

/** Whether a command line asks for `--debug`, seen before any parser has looked at it. */
export function wantsDebug(argv: readonly string[]): boolean {
  return cutAtDashes(argv).own.includes('--debug');
}
