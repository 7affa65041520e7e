import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Names of a project's file, the first that is there counts. The second is the design document's. */
export const projectFileNames = ['.hawser.yaml', '.mycli.yaml'] as const;

/** Where the file of a project is. */
export interface FoundProjectFile {
  readonly path: string;
  readonly name: (typeof projectFileNames)[number];
  /** The other name is there too, and is not read. */
  readonly isBesideOther: boolean;
}

/**
 * The file of the project that `from` is in: the nearest, upwards to the top of the git repository. Outside of one only
 * `from` itself is looked at, because a file in a folder far above belongs to something else.
 */
export function findProjectFile(from: string): FoundProjectFile | undefined {
  const start = resolve(from);
  let nearest: FoundProjectFile | undefined;
  for (let folder = start; ; folder = dirname(folder)) {
    nearest ??= inFolder(folder);
    if (existsSync(join(folder, '.git'))) return nearest;
    if (dirname(folder) === folder) return inFolder(start);
  }
}

function inFolder(folder: string): FoundProjectFile | undefined {
  const there = projectFileNames.filter((name) => existsSync(join(folder, name)));
  const [name] = there;
  return name && { path: join(folder, name), name, isBesideOther: there.length > 1 };
}
