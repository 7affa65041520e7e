import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { type SsmEmulator, startSsmEmulator } from '@hawser/emulators/ssm';
import { Program } from '../support/program.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { type Release, release } from '../support/release.js';
import { type Ended, runToEnd } from '../support/run-to-end.js';
import { soak } from '../support/scale.js';
import { hawser, membersOf, root } from '../support/workspace.js';

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { devDependencies: versions } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

let folder: string;
let registry: Registry;
let released: Release;
let complaints: { readonly nodeNext: string; readonly bundler: string };
/** Where the command line is installed for everybody. */
let prefix: string;
let ssm: SsmEmulator;
let cluster: Awaited<ReturnType<typeof startCluster>>;

// One release, one install and one run of the compiler for all; nothing is hoisted, so that each package sees its own
// dependencies only.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-installed-'));
  registry = await startRegistry('@hawser');
  released = await release(join(folder, 'checkout'), registry);
  for (const { name, folder: source, doors } of membersOf('packages')) {
    const example = exampleOf(join(root, source, 'README.md'));
    const home = await project(name, packagesIn(example));
    await writeFile(join(home, 'example.ts'), example);
    await writeFile(join(home, 'doors.ts'), importing(doors));
    await writeFile(join(home, 'doors.cjs'), requiring(doors));
  }
  await install();
  complaints = { nodeNext: await typeCheck('NodeNext'), bundler: await typeCheck('bundler') };
  prefix = join(folder, 'prefix');
  const global = ['install', '--global', '--prefix', prefix, '@hawser/cli', '@hawser/session-manager-plugin'];
  const { code, stderr } = await released.run('npm', global, folder, registry.env);
  if (code !== 0) throw new Error(`The command line cannot be installed:\n${stderr}`);
  ssm = await startSsmEmulator();
  cluster = await startCluster(folder);
}, 600_000);
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await ssm.close();
  await registry[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a release', () => {
  test('gives every package its next version and a change log, and is published whole', async () => {
    const ids = Object.entries(released.versions).map(([name, version]) => `${name}@${version}`);
    expect(registry.published.toSorted()).toEqual(ids.toSorted());
    for (const { name, folder: source } of [...membersOf('packages'), ...membersOf('apps')]) {
      const { version } = JSON.parse(readFileSync(join(root, source, 'package.json'), 'utf8')) as { version: string };
      expect(released.versions[name]).not.toBe(version);
      const log = readFileSync(join(folder, 'checkout', source, 'CHANGELOG.md'), 'utf8');
      expect(log).toContain(`## ${released.versions[name]}`);
    }
  });

  test('is not published over itself', async () => {
    const again = ['publish', released.tarballs['@hawser/near-miss'] ?? ''];
    const { code, stderr } = await released.run('npm', again, join(folder, 'checkout'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('0.2.0') });
  });

  test('carries its licence and its sources, and nothing a compiler noted for itself', async () => {
    for (const [name, tarball] of Object.entries(released.tarballs)) {
      const { stdout } = await released.run('tar', ['-tzf', tarball], folder);
      expect({ name, stdout }).toEqual({ name, stdout: expect.stringContaining('package/LICENSE\n') });
      expect(stdout).not.toMatch(/tsbuildinfo|node_modules|package\/test\//);
    }
  });
});

test('the types of all packages are accepted by a strict NodeNext project, README examples included', () => {
  expect(complaints.nodeNext).toBe('');
});

test('the types of all packages are accepted where a bundler resolves them', () => {
  expect(complaints.bundler).toBe('');
});

describe.each(membersOf('packages'))('$name, installed alone from the registry', ({ name }) => {
  const homeOf = (): string => join(folder, name);

  test('does nothing when every export path is imported, and is the same when it is required', async () => {
    expect(await node(join(homeOf(), 'doors.cjs'))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('runs its README example, with emulators for AWS and Kubernetes, and sessions of this machine', async () => {
    const home = homeOf();
    const asksForSessions = readFileSync(join(home, 'example.ts'), 'utf8').includes('HAWSER_SESSIONS_URL');
    await using sessions = asksForSessions ? await startSessions(home) : undefined;
    const env = { ...process.env, ...(sessions ?? ssm).env, KUBECONFIG: cluster.kubeconfig, TMPDIR: folder };
    const ended = await runToEnd(process.execPath, [join(home, 'example.js')], { cwd: home, env });
    expect(ended).toMatchObject({ code: 0 });
  });
});

describe('the command line, installed for everybody into an empty prefix', () => {
  const installed = (program: string): string => join(prefix, 'bin', program);

  test.each(['hawser', 'session-manager-plugin'])('%s says its version', async (program) => {
    const ended = await runToEnd(installed(program), ['--version'], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\b\d+\.\d+\.\d+/), stderr: '' });
  });

  test('runs a command over its own emulator and ends as the command did', async () => {
    const inner = [installed('hawser'), 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
    expect(await runToEnd(installed('hawser'), ['emulate', 'ssm', '--', ...inner], { cwd: folder })).toMatchObject({
      code: 7,
      stdout: 'out\n',
    });
  });

  // Half a minute of packing, and 100 MiB.
  if (soak > 0)
    test('runs a command from a tarball that brings its own Node, where there is none', async () => {
      const script = join(root, 'scripts/pack-with-node.mjs');
      const argv = [script, released.tarballs['@hawser/cli'] ?? '', join(folder, 'own')];
      const packed = await runToEnd(process.execPath, argv, { env: { ...process.env, ...registry.env } });
      expect(packed).toMatchObject({ code: 0 });
      const empty = join(folder, 'empty');
      const tools = join(empty, 'tools');
      await mkdir(tools, { recursive: true });
      for (const tool of ['bash', 'cat', 'dirname', 'readlink', 'sh', 'uname']) {
        const { stdout } = await released.run('sh', ['-c', `command -v ${tool}`], folder);
        await symlink(stdout.trim(), join(tools, tool));
      }
      await released.run('tar', ['-xzf', packed.stdout.trim(), '-C', empty], folder);
      const own = join(empty, 'hawser/bin/hawser');
      const env = { PATH: tools, HOME: empty, TMPDIR: process.env['TMPDIR'] };
      const inner = [own, 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
      const ended = await runToEnd(own, ['emulate', 'ssm', '--', ...inner], { cwd: empty, env });
      expect(ended).toMatchObject({ code: 7, stdout: 'out\n' });
    });

  test('shows the tour, with only what was published', async () => {
    const home = join(folder, 'visitor');
    await mkdir(home);
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: process.env['TMPDIR'], LANG: 'C.UTF-8' };
    // All five acts in a soak, the first of them otherwise.
    const ended = await runToEnd(installed('hawser'), soak > 0 ? ['tour'] : ['tour', 'reach'], { cwd: home, env });
    expect(ended).toMatchObject({ code: 0 });
  });
});

/** A project with the one package in it; other packages of ours come from the registry as well. */
async function project(name: string, others: readonly string[]): Promise<string> {
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  const wanted = [name, ...others].map((of) => [of, released.versions[of] ?? versions[of]]);
  const manifest = {
    name: `uses-${name.split('/')[1]}`,
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(wanted) as Record<string, string>,
    devDependencies: { '@types/node': versions['@types/node'] },
  };
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest));
  return home;
}

async function install(): Promise<void> {
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, devDependencies: { '@types/node': versions['@types/node'] } }),
  );
  await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify({ packages: ['@hawser/*'], hoist: false }));
  await writeFile(join(folder, '.npmrc'), registry.npmrc);
  const argv = ['install', '--prefer-offline', '--ignore-scripts', '--no-lockfile', '--dir', folder];
  const { code, stdout, stderr } = await released.run('pnpm', argv, folder);
  if (code !== 0) throw new Error(`The packages cannot be installed:\n${stdout}${stderr}`);
}

/** What the compiler says: of doors and README examples in a Node project, of doors alone where a bundler resolves. */
async function typeCheck(resolution: 'NodeNext' | 'bundler'): Promise<string> {
  const [config, files, options] =
    resolution === 'NodeNext'
      ? ['tsconfig.json', ['doors.ts', 'example.ts'], { module: 'NodeNext' }]
      : ['tsconfig.bundler.json', ['doors.ts'], { module: 'ESNext', moduleResolution: 'bundler', noEmit: true }];
  const named = membersOf('packages').flatMap(({ name }) => files.map((file) => `${name}/${file}`));
  // Types of others' packages are theirs to check, once.
  const skipLibCheck = resolution === 'bundler';
  const written = { compilerOptions: { ...compilerOptions, ...options, skipLibCheck }, files: named };
  await writeFile(join(folder, config), JSON.stringify(written));
  const { stdout, stderr } = await node(tsc, '-p', join(folder, config));
  return `${stdout}${stderr}`;
}

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023', 'DOM'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

function importing(doors: readonly string[]): string {
  return doors.map((door, index) => `import * as door${index} from '${door}';\nvoid door${index};\n`).join('');
}

/** A program in CommonJS: what it requires must be what is imported. */
function requiring(doors: readonly string[]): string {
  const same = doors.map((door) => `if (require('${door}') !== (await import('${door}'))) throw new Error('${door}');`);
  return `(async () => {\n${same.join('\n')}\n})();\n`;
}

/** A cluster with a Service named web, and a pod behind it that says hello. */
async function startCluster(home: string): Promise<AsyncDisposable & { readonly kubeconfig: string }> {
  const web = createServer((_request, response) => response.end('hello\n')).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const metadata = { name: 'web', namespace: 'default', labels: { app: 'web' } };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'web' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const spec = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec };
  const kube = await startKubeEmulator({ objects: [pod, service] });
  kube.servePod(metadata, { 8080: (web.address() as AddressInfo).port });
  const kubeconfig = join(home, 'kubeconfig');
  await writeFile(kubeconfig, kube.kubeconfig(), { mode: 0o600 });
  const close = async (): Promise<void> => {
    await kube.close();
    web.closeAllConnections();
    web.close();
    await once(web, 'close');
  };
  return { kubeconfig, [Symbol.asyncDispose]: close };
}

/** Terminal sessions of this machine, as an example reaches them. */
async function startSessions(home: string): Promise<AsyncDisposable & { readonly env: Record<string, string> }> {
  const own = { ...process.env, HOME: home, XDG_DATA_HOME: join(home, 'data'), XDG_CONFIG_HOME: join(home, 'config') };
  const program = new Program(process.execPath, [hawser, 'sessions', 'serve', '--json'], { env: own });
  const [said] = await program.shows(/^\{.*\}$/m);
  return {
    env: (JSON.parse(said) as { readonly env: Record<string, string> }).env,
    async [Symbol.asyncDispose]() {
      program.child.kill('SIGTERM');
      await program.ended;
    },
  };
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

function node(...argv: string[]): Promise<Ended> {
  return runToEnd(process.execPath, argv, { cwd: folder });
}
