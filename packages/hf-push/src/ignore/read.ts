import { readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ignoreFiles, type IgnoreLayer } from './rules.js';

/** The patterns of a folder's own ignore files, in their order. */
export function readIgnoreFiles(absolute: string): readonly string[] {
  return ignoreFiles.flatMap((name) => {
    const path = join(absolute, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  });
}

/**
 * What the folders above one say about it, from the outermost on: git asks them, too.
 *
 * @param outermost - absolute; nothing above it is read. When the folder is not below it, there is nothing to say.
 */
export function readLayersAbove(folder: string, outermost: string): readonly IgnoreLayer[] {
  const way = relative(outermost, folder);
  const names = way === '' ? [] : way.split(sep);
  if (names[0] === '..') return [];
  return names.flatMap((_, index) =>
    readIgnoreFiles(join(outermost, ...names.slice(0, index))).map((patterns) => ({
      folder: '',
      above: names.slice(index).join('/'),
      patterns,
    })),
  );
}
