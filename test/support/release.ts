import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Ended, runToEnd } from './run-to-end.js';
import type { Registry } from './registry.js';
import { root, workspaceFolders } from './workspace.js';

/** A copy of the checkout, versioned and published. */
export interface Release {
  readonly folder: string;
  /** Versions by package. */
  readonly versions: Readonly<Record<string, string>>;
  /** Runs a program of the workspace's tools in a folder. */
  run(file: string, args: readonly string[], cwd: string): Promise<Ended>;
}

/**
 * Does in a copy of the built checkout what a maintainer's release does: versions from the changesets, the command line
 * built anew so that it says its new version, everything published to `registry`.
 */
export async function release(folder: string, registry: Registry): Promise<Release> {
  copyCheckout(folder);
  writeFileSync(join(folder, '.npmrc'), `${readFileSync(join(root, '.npmrc'), 'utf8')}${registry.npmrc}`);
  const env = await toolEnvironment();
  const run = (file: string, args: readonly string[], cwd: string): Promise<Ended> =>
    runToEnd(file, args, { cwd, env });
  const must = async (file: string, args: readonly string[], cwd: string): Promise<void> => {
    const ended = await run(file, args, cwd);
    if (ended.code !== 0)
      throw new Error(`${file} ${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
  };
  // Changesets looks up the commit that brought each of them.
  await must('git', ['init', '--quiet', '--initial-branch=main'], folder);
  await must('git', ['add', '.changeset', 'package.json'], folder);
  const person = ['-c', 'user.name=Release', '-c', 'user.email=release@hawser.test'];
  await must('git', [...person, 'commit', '--quiet', '--message', 'What is to be released'], folder);
  await must('changeset', ['version'], folder);
  await must(process.execPath, ['build.mjs'], join(folder, 'apps/cli'));
  await must('pnpm', ['--recursive', 'publish', '--no-git-checks'], folder);
  const versions = workspaceFolders().map((of) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, of, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    return [name, version];
  });
  return { folder, versions: Object.fromEntries(versions) as Record<string, string>, run };
}

/** Below a package, what neither the build nor the tarball needs. */
const unwanted = /^(?:packages|apps)[\\/][^\\/]+[\\/](?:test|api|\.turbo|node_modules[\\/]\.bin)$/;

/** What is packed, what it is built from where that names the version, and the links by which packages find each other. */
function copyCheckout(folder: string): void {
  const copy = (path: string): void =>
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !unwanted.test(relative(root, source)),
    });
  mkdirSync(folder, { recursive: true });
  for (const file of ['.changeset', 'package.json', 'pnpm-workspace.yaml', 'LICENSE', 'tsconfig.base.json']) copy(file);
  for (const of of [...workspaceFolders(), 'docs/reference']) copy(of);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** pnpm and the workspace's binaries on PATH, with every file of theirs below the checkout's `.cache`. */
async function toolEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { toolEnv } = (await import(join(root, 'scripts/workspace.mjs'))) as { toolEnv(): NodeJS.ProcessEnv };
  return toolEnv();
}
