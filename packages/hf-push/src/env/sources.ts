import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compileGlob, isGlob } from '../dockerfile/glob.js';

/**
 * What a COPY source stands for below a folder that is to be the build context: paths with `/`, sorted; none when
 * nothing is there. `''` is the folder itself. A path that leads out of the context stands for nothing.
 */
export function resolveSource(folder: string, source: string): readonly string[] {
  const names = namesOf(source);
  if (!names) return [];
  let paths = [''];
  for (const name of names) {
    const pattern = isGlob(name) ? compileGlob(name) : undefined;
    paths = paths.flatMap((path) => {
      if (!pattern) return exists(join(folder, path, name)) ? [below(path, name)] : [];
      return namesIn(join(folder, path))
        .filter((each) => pattern.test(each))
        .map((each) => below(path, each));
    });
  }
  return paths.toSorted();
}

/** The names of a source's path, as a build cleans it. Undefined when it leads out of the context. */
export function namesOf(source: string): readonly string[] | undefined {
  const names: string[] = [];
  for (const name of source.split('/')) {
    if (name === '..') {
      if (names.pop() === undefined) return undefined;
    } else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function namesIn(folder: string): readonly string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
