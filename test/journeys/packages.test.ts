import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const hawser = join(root, 'apps/cli/bin/hawser.js');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const libraries = manifests('packages');
const apps = manifests('apps');
const { devDependencies: versions } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let tarballs: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-installed-'));
  const packed = await run(process.execPath, [join(root, 'scripts/pack.mjs'), join(folder, 'tarballs')]);
  tarballs = JSON.parse(packed.stdout) as Record<string, string>;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(libraries)('$name, installed from its tarball into an empty folder', ({ name, source, manifest }) => {
  let home: string;
  beforeAll(async () => {
    const example = exampleOf(join(root, source, 'README.md'));
    home = await install(name, packagesIn(example));
    await writeFile(join(home, 'example.ts'), example);
    await writeFile(join(home, 'doors.ts'), everyDoor(name, manifest));
  });

  test('has types that a strict NodeNext project accepts, README example included', async () => {
    expect(await run(process.execPath, [tsc, '-p', home])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('does nothing when every export path is imported', async () => {
    expect(await run(process.execPath, [join(home, 'out/doors.js')])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('runs its README example, with the emulator for AWS', async () => {
    const example = [process.execPath, join(home, 'out/example.js')];
    expect(await run(process.execPath, [hawser, 'emulate', 'ssm', '--', ...example], home)).toMatchObject({ code: 0 });
  });
});

describe.each(apps)('$name, installed from its tarball into an empty folder', ({ name, manifest }) => {
  let home: string;
  beforeAll(async () => {
    home = await install(name, []);
  });

  test.each(Object.keys(manifest.bin ?? {}))('%s says its version', async (program) => {
    const ended = await run(join(home, 'node_modules/.bin', program), ['--version']);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\b\d+\.\d+\.\d+/), stderr: '' });
  });
});

test('hawser, installed from its tarball, runs a command over its own emulator and ends as the command did', async () => {
  const installed = join(folder, '@hawser/cli/node_modules/.bin/hawser');
  const inner = [installed, 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
  expect(await run(installed, ['emulate', 'ssm', '--', ...inner])).toMatchObject({ code: 7, stdout: 'out\n' });
});

/** A project with the one package in it; other packages of ours come from their tarballs as well. */
async function install(name: string, others: readonly string[]): Promise<string> {
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  const file = (of: string): [string, string] => [of, `file:${tarballs[of]}`];
  const dependencies = Object.fromEntries(
    [name, ...others].map((of) => (of in tarballs ? file(of) : [of, versions[of]])),
  );
  const manifest = {
    private: true,
    type: 'module',
    dependencies,
    devDependencies: { '@types/node': versions['@types/node'] },
  };
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['doors.ts', 'example.ts'] }));
  const overrides = Object.fromEntries(Object.keys(tarballs).map(file));
  await writeFile(join(home, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }));
  const argv = ['install', '--prefer-offline', '--ignore-scripts', '--no-lockfile', '--dir', home];
  const { code, stdout, stderr } = await run(process.execPath, [join(root, 'scripts/pnpm.mjs'), ...argv]);
  if (code !== 0) throw new Error(`${name} cannot be installed:\n${stdout}${stderr}`);
  return home;
}

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023', 'DOM'],
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  outDir: 'out',
};

function everyDoor(name: string, { exports = {} }: Manifest): string {
  const paths = Object.keys(exports).filter((path) => path !== './package.json');
  return paths
    .map((path, index) => `import * as door${index} from '${name}${path.slice(1)}';\nvoid door${index};\n`)
    .join('');
}

/** The first TypeScript block of a README. */
function exampleOf(readme: string): string {
  const [, example] = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(readme, 'utf8')) ?? [];
  if (example === undefined) throw new Error(`${readme} shows no example`);
  return example;
}

function packagesIn(source: string): string[] {
  const found = [...source.matchAll(/from '((?:@[^/']+\/)?[^/']+)/g)].map((match) => match[1] ?? '');
  return [...new Set(found)].filter((name) => !name.startsWith('node:'));
}

function manifests(parent: string): { name: string; source: string; manifest: Manifest }[] {
  return readdirSync(join(root, parent)).map((child) => {
    const manifest = JSON.parse(readFileSync(join(root, parent, child, 'package.json'), 'utf8')) as Manifest;
    return { name: manifest.name, source: `${parent}/${child}`, manifest };
  });
}

/** Runs a program that finds nothing on its standard input, and tells how it ended and what it said. */
async function run(program: string, argv: readonly string[], cwd = folder): Promise<Ended> {
  const running = promisify(execFile)(program, argv, { cwd, maxBuffer: 1 << 26 });
  running.child.stdin?.end();
  const ended = await running.catch((error: unknown) => error as Ended);
  return { code: 0, ...ended, stdout: ended.stdout, stderr: ended.stderr };
}
