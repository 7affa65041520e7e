import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout. */
export const root: string = join(import.meta.dirname, '../..');

/** The command line of this checkout, for `node`. */
export const hawser: string = join(root, 'apps/cli/bin/hawser.js');

/** A package or an app of the workspace. */
export interface Member {
  readonly name: string;
  /** Relative to the root: `packages/x`. */
  readonly folder: string;
  /** What can be imported of it: `@hawser/x`, `@hawser/x/y`. */
  readonly doors: readonly string[];
  /** Binaries by name, relative to the root. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Folders of packages and apps that have a manifest, relative to the root. */
export function workspaceFolders(): string[] {
  return ['packages', 'apps']
    .flatMap((parent) => readdirSync(join(root, parent)).map((child) => join(parent, child)))
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/** Everything in `packages` or `apps` that is published. */
export function membersOf(parent: 'packages' | 'apps'): Member[] {
  return readdirSync(join(root, parent)).flatMap((child) => {
    const folder = join(parent, child);
    const {
      name,
      exports,
      bin,
      private: isPrivate,
    } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      exports?: Record<string, unknown>;
      bin?: Record<string, string>;
      private?: boolean;
    };
    if (isPrivate) return [];
    // Neither the manifest nor a schema is a module.
    const paths = Object.keys(exports ?? {}).filter((path) => !path.endsWith('.json'));
    const programs = Object.entries(bin ?? {}).map(([program, file]) => [program, join(folder, file)]);
    return {
      name,
      folder,
      doors: paths.map((path) => `${name}${path.slice(1)}`),
      programs: Object.fromEntries(programs) as Record<string, string>,
    };
  });
}
