import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { type Ended, runToEnd } from '../support/run-to-end.js';
import { hawser, membersOf, root } from '../support/workspace.js';

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { devDependencies: versions } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

let folder: string;
let tarballs: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-installed-'));
  const packed = await node(join(root, 'scripts/pack.mjs'), join(folder, 'tarballs'));
  tarballs = JSON.parse(packed.stdout) as Record<string, string>;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(membersOf('packages'))('$name, installed from its tarball into an empty folder', (member) => {
  let home: string;
  beforeAll(async () => {
    const example = exampleOf(join(root, member.folder, 'README.md'));
    home = await install(member.name, packagesIn(example));
    await writeFile(join(home, 'example.ts'), example);
    await writeFile(join(home, 'doors.ts'), importing(member.doors));
  });

  test('has types that a strict NodeNext project accepts, README example included', async () => {
    expect(await node(tsc, '-p', home)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('does nothing when every export path is imported', async () => {
    expect(await node(join(home, 'out/doors.js'))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('runs its README example, with emulators for AWS and Kubernetes', async () => {
    const example = [process.execPath, join(home, 'out/example.js')];
    await using cluster = await startCluster(home);
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, TMPDIR: folder };
    const ended = await runToEnd(process.execPath, [hawser, 'emulate', 'ssm', '--', ...example], { cwd: home, env });
    expect(ended).toMatchObject({ code: 0 });
  });
});

describe.each(membersOf('apps'))('$name, installed from its tarball into an empty folder', ({ name, programs }) => {
  let home: string;
  beforeAll(async () => {
    home = await install(name, []);
  });

  test.each(Object.keys(programs))('%s says its version', async (program) => {
    const ended = await runToEnd(join(home, 'node_modules/.bin', program), ['--version'], { cwd: home });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\b\d+\.\d+\.\d+/), stderr: '' });
  });
});

test('hawser, installed from its tarball, runs a command over its own emulator and ends as the command did', async () => {
  const installed = join(folder, '@hawser/cli/node_modules/.bin/hawser');
  const inner = [installed, 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
  expect(await runToEnd(installed, ['emulate', 'ssm', '--', ...inner], { cwd: folder })).toMatchObject({
    code: 7,
    stdout: 'out\n',
  });
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
  const { code, stdout, stderr } = await node(join(root, 'scripts/pnpm.mjs'), ...argv);
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

function importing(doors: readonly string[]): string {
  return doors.map((door, index) => `import * as door${index} from '${door}';\nvoid door${index};\n`).join('');
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
