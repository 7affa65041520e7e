import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { nearMisses } from '@hawser/near-miss';
import { HfPushError } from '../errors.js';

/** An environment's folder, found. */
export interface FoundEnvironment {
  /** Name of the folder. */
  readonly name: string;
  /** Absolute, links resolved. */
  readonly folder: string;
  /** The repository whose `src/envs/`, `envs/` or `./` it stands in: what a Dockerfile may copy from besides. */
  readonly root: string;
}

/** Where environments are looked for, in this order. */
export const searchedFolders: readonly string[] = ['src/envs', 'envs', '.'];

/** At least one of these makes a folder an environment. */
const signs = ['openenv.yaml', 'models.py', 'client.py', 'Dockerfile', 'server'];

/**
 * Finds an environment: by name in `src/envs/`, `envs/` and `./` below a folder, or by a path (one with a separator, or
 * `.`).
 *
 * @throws HfPushError HAWSER_HF_ENV_NOT_FOUND, naming the places and environments of similar names.
 */
export function findEnvironment({ from, environment }: { from: string; environment: string }): FoundEnvironment {
  if (isPath(environment)) {
    const folder = resolve(from, environment);
    if (hasSigns(folder)) return describe(folder, from);
    throw notFound(
      environment,
      [folder],
      isFolder(folder) ? `${folder} holds none of ${signs.join(', ')}.` : undefined,
    );
  }
  const places = searchedFolders.map((place) => join(from, place, environment));
  const folder = environment === '' ? undefined : places.find(hasSigns);
  if (folder !== undefined) return describe(folder, from);
  const similar = nearMisses(environment, listEnvironments(from), { plain }).slice(0, 3);
  throw notFound(
    environment,
    places,
    similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : undefined,
    similar,
  );
}

/** Names of all environments below a folder, sorted, each once. */
export function listEnvironments(from: string): readonly string[] {
  const names = searchedFolders.flatMap((place) =>
    entriesOf(join(from, place))
      .filter((entry) => !entry.name.startsWith('.') && hasSigns(join(from, place, entry.name)))
      // What holds environments is none itself, however its content looks.
      .map((entry) => entry.name),
  );
  return [...new Set(names)].toSorted();
}

function isPath(environment: string): boolean {
  return isAbsolute(environment) || /[/\\]/.test(environment) || environment === '.' || environment === '..';
}

function describe(found: string, from: string): FoundEnvironment {
  const folder = realpathSync(found);
  return { name: basename(folder), folder, root: rootOf(resolve(found), from) };
}

/** Above `src/envs/` or `envs/`; else where the search began, if the folder is in there. */
function rootOf(folder: string, from: string): string {
  const parent = dirname(folder);
  if (basename(parent) === 'envs') {
    const above = dirname(parent);
    return realpathSync(basename(above) === 'src' ? dirname(above) : above);
  }
  const begin = realpathSync(from);
  const real = realpathSync(folder);
  return real.startsWith(`${begin}/`) ? begin : real;
}

function hasSigns(folder: string): boolean {
  return isFolder(folder) && signs.some((sign) => exists(join(folder, sign)));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function entriesOf(folder: string): readonly Dirent[] {
  return isFolder(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
}

function notFound(
  name: string,
  places: readonly string[],
  more?: string,
  similar: readonly string[] = [],
): HfPushError {
  const message = [`Environment '${name}' not found. Searched ${places.join(', ')}.`, more].filter(Boolean).join(' ');
  return new HfPushError('HAWSER_HF_ENV_NOT_FOUND', message, {
    details: { environment: name, searched: places, similar },
  });
}

/** `Echo-Env`, `echo_env` and `echo` are one name to a person. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-_.]?env$/, '')
    .replace(/[-_.]/g, '');
}
