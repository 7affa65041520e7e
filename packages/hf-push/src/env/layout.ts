import { relative, sep } from 'node:path';
import type { CopySource } from '../dockerfile/model.js';
import type { FoundEnvironment } from './discover.js';
import { namesOf, resolveSource } from './sources.js';

/** Which folder becomes the root of the Space, and what of it goes there. */
export interface Layout {
  readonly kind: 'repository' | 'flat';
  /** Absolute. */
  readonly root: string;
  /** Files and folders below it, with `/`; `''` is all of it. */
  readonly trees: readonly string[];
  /** The environment's folder below the root: `''` when it is the root. */
  readonly folder: string;
}

/**
 * Decides by what the Dockerfile copies. All of it is in the environment's folder: that folder is the build context.
 * Otherwise the repository is, with exactly the trees that are copied, and the environment's own.
 *
 * Without a Dockerfile, an environment below `src/envs/` that has no pyproject.toml shares `src/core`, as in the seed's
 * layout; every other one stands by itself.
 */
export function inferLayout(
  environment: FoundEnvironment,
  sources: readonly CopySource[] | undefined,
  hasPyproject: boolean,
): Layout {
  const flat: Layout = { kind: 'flat', root: environment.folder, trees: [''], folder: '' };
  const { root } = environment;
  const folder = relative(root, environment.folder).split(sep).join('/');
  // A folder that a link brought in from elsewhere cannot be reached by the repository's paths.
  if (folder === '' || folder.startsWith('..')) return flat;
  const repository = (trees: readonly string[]): Layout => ({ kind: 'repository', root, trees, folder });
  if (!sources) {
    const isSeed = folder.startsWith('src/envs/') && !hasPyproject;
    return isSeed ? repository(outermost([folder, ...resolveSource(root, 'src/core')])) : flat;
  }
  const named = sources.filter(({ path, unknown }) => unknown.length === 0 && namesOf(path)?.length !== 0);
  const elsewhere = named.filter(({ path }) => resolveSource(environment.folder, path).length === 0);
  if (elsewhere.length === 0) return flat;
  const speaksOfRepository = elsewhere.some(
    ({ path }) => resolveSource(root, path).length > 0 || `${namesOf(path)?.join('/')}/`.startsWith(`${folder}/`),
  );
  if (!speaksOfRepository) return flat;
  return repository(outermost([folder, ...named.flatMap(({ path }) => resolveSource(root, path))]));
}

/** Trees of which none is in another. */
function outermost(paths: readonly string[]): readonly string[] {
  const unique = [...new Set(paths)].toSorted();
  return unique.filter((path) => !unique.some((other) => other !== path && path.startsWith(`${other}/`)));
}
