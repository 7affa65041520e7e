import { delimiter, join, resolve } from 'node:path';
import { ContextsError } from '../errors.js';
import { isMap, onceEach, realOf } from '../files.js';
import type { Environment } from '../types.js';

/** Where kubeconfigs are looked for. */
export interface KubeconfigPlace {
  readonly env: Environment;
  /** Relative paths start here. */
  readonly directory: string;
  readonly home: string;
  /** `--kubeconfig`: this file, and no other. */
  readonly kubeconfig?: string | undefined;
}

/**
 * The kubeconfigs in force, absolute, in their order: the one that is given, else those of `KUBECONFIG`, else
 * `~/.kube/config`. Blank parts are dropped and `~` is expanded, as `aws eks update-kubeconfig` does it.
 */
export function kubeconfigPaths({ env, directory, home, kubeconfig }: KubeconfigPlace): readonly string[] {
  const expand = (path: string): string => resolve(directory, expandHome(path, home));
  if (kubeconfig !== undefined) return [expand(kubeconfig)];
  const parts = (env['KUBECONFIG'] ?? '').split(delimiter).filter((part) => part.trim() !== '');
  return parts.length === 0 ? [join(home, '.kube', 'config')] : onceEach(parts.map(expand));
}

/** The lists of a kubeconfig. */
export type EntryList = 'clusters' | 'users' | 'contexts';

/** The kubeconfigs that count for an entry in one of them: those in force, or that one alone when it is not among them. */
export function listFor(kubeconfig: string, inForce: readonly string[]): readonly string[] {
  return inForce.some((path) => realOf(path) === realOf(kubeconfig)) ? inForce : [kubeconfig];
}

/** A kubeconfig of the list, as far as it could be read. */
export interface ListedKubeconfig {
  readonly path: string;
  readonly value?: unknown;
  /** Why it cannot be used. */
  readonly problem?: ContextsError;
}

/**
 * The file an entry goes into: the first that holds an entry of that name, else the first of the list.
 *
 * @throws ContextsError HAWSER_CTX_FILE_INVALID when that is the first, and it cannot be read
 * @see `KubeconfigSelector.choose_kubeconfig` of awscli/customizations/eks/update_kubeconfig.py
 */
export function chooseKubeconfig(listed: readonly ListedKubeconfig[], list: EntryList, name: string): ListedKubeconfig {
  const chosen = holdingKubeconfig(listed, list, name) ?? listed[0];
  if (chosen?.problem !== undefined) throw chosen.problem;
  if (chosen === undefined) throw new ContextsError('HAWSER_CTX_BAD_INPUT', 'There is no kubeconfig to write to.');
  return chosen;
}

/** The first file that holds an entry of that name. */
export function holdingKubeconfig(
  listed: readonly ListedKubeconfig[],
  list: EntryList,
  name: string,
): ListedKubeconfig | undefined {
  return listed.find(({ value }) => hasEntry(value, list, name));
}

/** The file whose `current-context` counts: the first that has one, else the one that is given. */
export function chooseForCurrent(listed: readonly ListedKubeconfig[], otherwise: string): string {
  const choosing = listed.find(({ value }) => isMap(value) && (value['current-context'] ?? '') !== '');
  return choosing?.path ?? otherwise;
}

function hasEntry(value: unknown, list: EntryList, name: string): boolean {
  const items = isMap(value) ? value[list] : undefined;
  return Array.isArray(items) && items.some((item) => isMap(item) && item['name'] === name);
}

function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
