import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CliError } from '../errors.js';

/** Text files of a package, by their path inside it. */
export type PackageFiles = ReadonlyMap<string, string>;

/** Paths of what manuals are made of; everything else in a package is passed over. */
export const wanted: RegExp =
  /^(?:package\.json|oclif\.manifest\.json|dist\/docs\/[\w-]+\.md|dist\/schemas\/[\w.-]+\.json)$/;

/**
 * Reads what manuals are made of from an installed package.
 *
 * @throws CliError HAWSER_DISTRO_PACKAGE_INVALID
 */
export async function readInstalled(folder: string): Promise<PackageFiles> {
  const files = new Map<string, string>();
  const roots = ['package.json', 'oclif.manifest.json'].map((name) => join(folder, name));
  const below = await Promise.all(['dist/docs', 'dist/schemas'].map((name) => listFiles(join(folder, name))));
  for (const path of [...roots, ...below.flat()]) {
    const name = relative(folder, path).replaceAll(sep, '/');
    if (!wanted.test(name)) continue;
    try {
      files.set(name, await readFile(path, 'utf8'));
    } catch (cause) {
      throw invalid(`${name} of the installed package cannot be read`, cause);
    }
  }
  return files;
}

async function listFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.map((name) => join(folder, name));
}

export function invalid(message: string, cause?: unknown): CliError {
  return new CliError('HAWSER_DISTRO_PACKAGE_INVALID', message, { cause });
}
