import type { Finding } from '../tree/types.js';

/**
 * Paths that a file system without upper and lower case, or with one form of Unicode, cannot hold side by side, folders
 * on the way included.
 */
export function findCollisions(paths: readonly string[]): readonly Finding[] {
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  for (const path of paths) {
    const names = path.split('/');
    for (const [index] of names.entries()) {
      const each = names.slice(0, index + 1).join('/');
      const key = each.normalize('NFC').toLowerCase();
      const other = seen.get(key);
      if (other === undefined) seen.set(key, each);
      else if (other !== each) {
        const message = `${other} and ${each} differ in upper and lower case, or in the form of a letter, only.`;
        findings.push({ rule: 'file/case-collision', severity: 'error', message, path: each });
        // What is below them is not told of again.
        seen.set(key, each);
        break;
      }
    }
  }
  return findings;
}

/** Sorts by the bytes of UTF-8 paths, as git does; the order of UTF-16 is another one beyond U+FFFF. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  if (a.path === b.path) return 0;
  if (!hasSurrogates(a.path) && !hasSurrogates(b.path)) return a.path < b.path ? -1 : 1;
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

function hasSurrogates(text: string): boolean {
  return /[\uD800-\uDFFF]/.test(text);
}
