import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Registry } from './registry.js';
import { type Ended, runToEnd } from './run-to-end.js';
import { soak } from './scale.js';
import { root, workspaceFolders } from './workspace.js';

/** What was released, and how to go on with it. */
export interface Release {
  /** Versions by package, of those that are published. */
  readonly versions: Readonly<Record<string, string>>;
  /** Tarballs by package. */
  readonly tarballs: Readonly<Record<string, string>>;
  /** Runs npm, pnpm or a binary of the workspace, with every file of theirs below the checkout's `.cache`. */
  run(file: string, args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<Ended>;
}

/** What the client of npm publishes in `npm test`; the others go to the registry without it, which takes a second each. */
const publishedByClient = '@hawser/near-miss';

/**
 * Does in a copy of the built checkout what a maintainer's release does: versions and change logs from the changesets,
 * then everything packed and published to `registry`; in a soak all of it by the package manager itself.
 */
export async function release(folder: string, registry: Registry): Promise<Release> {
  copyCheckout(folder);
  const npmrc = `${readFileSync(join(root, '.npmrc'), 'utf8')}${registry.npmrc}`;
  writeFileSync(join(folder, '.npmrc'), npmrc);
  const tools = await toolEnvironment();
  const run: Release['run'] = (file, args, cwd, env) => runToEnd(file, args, { cwd, env: { ...tools, ...env } });
  const must = async (file: string, ...args: string[]): Promise<string> => {
    const ended = await run(file, args, folder);
    if (ended.code === 0) return ended.stdout;
    throw new Error(`${file} ${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
  };
  // Changesets looks up the commit that brought each of them.
  await must('git', 'init', '--quiet', '--initial-branch=main');
  await must('git', 'add', '.changeset', 'package.json');
  const person = ['-c', 'user.name=Release', '-c', 'user.email=release@hawser.test'];
  await must('git', ...person, 'commit', '--quiet', '--message', 'What is to be released');
  await must('changeset', 'version');
  nameVersionInManifest(join(folder, 'apps/cli'));

  const published = workspaceFolders()
    .map((of) => JSON.parse(readFileSync(join(folder, of, 'package.json'), 'utf8')) as Manifest)
    .filter((manifest) => manifest.private !== true);
  const filters = published.flatMap(({ name }) => ['--filter', name]);
  const packed = await must('pnpm', ...filters, 'pack', '--json', '--pack-destination', join(folder, 'tarballs'));
  const tarballs = Object.fromEntries(
    (JSON.parse(packed) as { name: string; filename: string }[]).map(({ name, filename }) => [name, filename]),
  );
  if (soak > 0) await must('pnpm', ...filters, 'publish', '--no-git-checks');
  else {
    await must('npm', 'publish', tarballs[publishedByClient] ?? '');
    for (const [name, tarball] of Object.entries(tarballs)) {
      if (name === publishedByClient) continue;
      registry.accept(await must('tar', '-xzOf', tarball, 'package/package.json'), readFileSync(tarball));
    }
  }
  const versions = Object.fromEntries(published.map(({ name, version }) => [name, version]));
  return { versions, tarballs, run };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

/** Below a package, what no tarball needs. */
const unwanted = /^(?:packages|apps)[\\/][^\\/]+[\\/](?:test|api|\.turbo|node_modules[\\/]\.bin)$/;

/** What is packed, and the links by which packages find each other. */
function copyCheckout(folder: string): void {
  const copy = (path: string): void =>
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !unwanted.test(relative(root, source)),
    });
  mkdirSync(folder, { recursive: true });
  for (const path of ['.changeset', 'package.json', 'pnpm-workspace.yaml', 'LICENSE', ...workspaceFolders()])
    copy(path);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** What building the command line anew would change. */
function nameVersionInManifest(cli: string): void {
  const { version } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8')) as Manifest;
  const file = join(cli, 'oclif.manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, version }, null, 2));
}

async function toolEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { toolEnv } = (await import(join(root, 'scripts/workspace.mjs'))) as {
    readonly toolEnv: () => NodeJS.ProcessEnv;
  };
  return toolEnv();
}
