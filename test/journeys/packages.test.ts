import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { Program } from '../support/program.js';
import { type Ended, runToEnd } from '../support/run-to-end.js';
import { hawser, membersOf, root } from '../support/workspace.js';

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { devDependencies: versions } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

let folder: string;
let complaints: string;

// One install and one run of the compiler for all; nothing is hoisted, so that each package sees its own dependencies only.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-installed-'));
  const packed = await node(join(root, 'scripts/pack.mjs'), join(folder, 'tarballs'));
  const tarballs = JSON.parse(packed.stdout) as Record<string, string>;
  for (const { name, folder: source, doors } of membersOf('packages')) {
    const example = exampleOf(join(root, source, 'README.md'));
    const home = await project(tarballs, name, packagesIn(example));
    await writeFile(join(home, 'example.ts'), example);
    await writeFile(join(home, 'doors.ts'), importing(doors));
  }
  for (const { name } of membersOf('apps')) await project(tarballs, name, []);
  await install(tarballs);
  const files = membersOf('packages').flatMap(({ name }) => [`${name}/doors.ts`, `${name}/example.ts`]);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { stdout, stderr } = await node(tsc, '-p', folder);
  complaints = `${stdout}${stderr}`;
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the types of all packages are accepted by a strict NodeNext project, README examples included', () => {
  expect(complaints).toBe('');
});

describe.each(membersOf('packages'))('$name, installed from its tarball into an empty folder', ({ name }) => {
  const homeOf = (): string => join(folder, name);

  test('does nothing when every export path is imported', async () => {
    expect(await node(join(homeOf(), 'doors.js'))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('runs its README example, with emulators for AWS and Kubernetes, and sessions of this machine', async () => {
    const home = homeOf();
    const example = [process.execPath, join(home, 'example.js')];
    await using cluster = await startCluster(home);
    const asksForSessions = readFileSync(join(home, 'example.ts'), 'utf8').includes('HAWSER_SESSIONS_URL');
    await using sessions = asksForSessions ? await startSessions(home) : undefined;
    const env = { ...process.env, ...sessions?.env, KUBECONFIG: cluster.kubeconfig, TMPDIR: folder };
    // What an emulator starts gets no variables of ours.
    const line = sessions ? example : [process.execPath, hawser, 'emulate', 'ssm', '--', ...example];
    const [file = '', ...args] = line;
    expect(await runToEnd(file, args, { cwd: home, env })).toMatchObject({ code: 0 });
  });
});

describe.each(membersOf('apps').filter(({ programs }) => Object.keys(programs).length > 0))(
  '$name, installed from its tarball into an empty folder',
  ({ name, programs }) => {
    test.each(Object.keys(programs))('%s says its version', async (program) => {
      const home = join(folder, name);
      const ended = await runToEnd(join(home, 'node_modules/.bin', program), ['--version'], { cwd: home });
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\b\d+\.\d+\.\d+/), stderr: '' });
    });
  },
);

test('hawser, installed from its tarball, runs a command over its own emulator and ends as the command did', async () => {
  const installed = join(folder, '@hawser/cli/node_modules/.bin/hawser');
  const inner = [installed, 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
  expect(await runToEnd(installed, ['emulate', 'ssm', '--', ...inner], { cwd: folder })).toMatchObject({
    code: 7,
    stdout: 'out\n',
  });
});

/** A project with the one package in it; other packages of ours come from their tarballs as well. */
async function project(tarballs: Record<string, string>, name: string, others: readonly string[]): Promise<string> {
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  const wanted = [name, ...others].map((of) => [of, of in tarballs ? `file:${tarballs[of]}` : versions[of]]);
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

async function install(tarballs: Record<string, string>): Promise<void> {
  const overrides = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, devDependencies: { '@types/node': versions['@types/node'] } }),
  );
  await writeFile(
    join(folder, 'pnpm-workspace.yaml'),
    JSON.stringify({ packages: ['@hawser/*'], overrides, hoist: false }),
  );
  const argv = ['install', '--prefer-offline', '--ignore-scripts', '--no-lockfile', '--dir', folder];
  const { code, stdout, stderr } = await node(join(root, 'scripts/pnpm.mjs'), ...argv);
  if (code !== 0) throw new Error(`The packages cannot be installed:\n${stdout}${stderr}`);
}

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023', 'DOM'],
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
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
