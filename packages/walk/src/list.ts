import { isUtf8 } from 'node:buffer';
import { sep } from 'node:path';
import { below, look, measured } from './look.js';
import type { ListRules, Walked } from './types.js';

/** Looks at what a list names, each once, sorted; what only a link leads to does not count as being there. */
export function* walkList(root: string, { names }: ListRules): Generator<Walked, void, undefined> {
  const sorted = new Set([...names].map((name) => Buffer.from(name).toString('latin1')).toSorted());
  const folders = new Map<string, boolean>([['', true]]);

  /** Whether a folder below the root is one, and all above it are. */
  const isFolder = (path: string): boolean => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const real = below(root, '', Buffer.from(path, 'latin1'));
    const answer = isFolder(parentOf(path)) && look(real, path)?.isDirectory() === true;
    folders.set(path, answer);
    return answer;
  };

  for (const bytes of sorted) {
    const plain = bytes.endsWith('/') ? bytes.slice(0, -1) : bytes;
    const raw = Buffer.from(plain, 'latin1');
    const path = raw.toString('utf8');
    const named = isUtf8(raw) ? { path } : { path, raw };
    if (leadsOutside(plain)) {
      yield { ...named, kind: 'refused', reason: 'outside' };
      continue;
    }
    const real = below(root, path, named.raw);
    const stats = isFolder(parentOf(plain)) ? look(real, path) : undefined;
    yield stats ? measured({ ...named, real }, stats) : { ...named, real, kind: 'gone' };
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** No name that git or a walk would give; a program's own list may be anybody's. */
function leadsOutside(path: string): boolean {
  const names = path.split(sep === '/' ? '/' : /[/\\]/);
  return names.some((name) => name === '' || name === '.' || name === '..') || path.includes('\0');
}
