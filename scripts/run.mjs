#!/usr/bin/env node
// One door for every task: fetches the pinned pnpm below .cache/, installs and builds what changed, runs the task.
// Uses nothing but Node and npm, and writes nothing outside the checkout.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache');
const bin = join(root, 'node_modules', '.bin');
const pnpmHome = join(cache, 'pnpm');

const env = {
  ...process.env,
  PATH: [join(pnpmHome, 'node_modules', '.bin'), bin, process.env.PATH].join(delimiter),
  npm_config_cache: join(cache, 'npm'),
  npm_config_store_dir: join(cache, 'pnpm-store'),
  npm_config_cache_dir: join(cache, 'pnpm-cache'),
  npm_config_state_dir: join(cache, 'pnpm-state'),
  npm_config_update_notifier: 'false',
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};
// npm hands its own configuration to the scripts it runs; pnpm would warn about each unknown key.
delete env.npm_config_nodedir;

const tasks = {
  start: (args) => run('node', [join(root, 'apps/cli/bin/hawser.js'), 'tour', ...args]),
  hawser: (args) => run('node', [join(root, 'apps/cli/bin/hawser.js'), ...args]),
  test: (args) => run('node', [join(root, 'scripts/test.mjs'), ...args]),
  check: (args) => run('node', [join(root, 'scripts/check.mjs'), ...args]),
  bench: (args) => run('node', [join(root, 'scripts/bench.mjs'), ...args]),
  soak: (args) => run('node', [join(root, 'scripts/test.mjs'), '--soak', ...args]),
  build: () => 0,
  format: () => run('oxfmt', ['--write', '.']),
};

const [task = 'start', ...args] = process.argv.slice(2);
const work = tasks[task];
if (!work) {
  process.stderr.write(`Unknown task '${task}'. Tasks: ${Object.keys(tasks).join(', ')}.\n`);
  process.exit(2);
}
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Hawser needs Node 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}
mkdirSync(cache, { recursive: true });
fetchPnpm();
install();
build();
process.exitCode = work(args);

/** Puts the pnpm that package.json names below .cache/, after comparing its archive with the digest beside the name. */
function fetchPnpm() {
  const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
  const stamp = join(pnpmHome, 'stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pinned) return;
  const [, version, digest] = /^pnpm@([^+]+)\+sha512\.([0-9a-f]+)$/.exec(pinned);
  say(`Fetching pnpm ${version} (once) …`);
  rmSync(pnpmHome, { recursive: true, force: true });
  mkdirSync(pnpmHome, { recursive: true });
  must('npm', ['pack', '--silent', `pnpm@${version}`, '--pack-destination', pnpmHome], { cwd: pnpmHome });
  const archive = join(pnpmHome, `pnpm-${version}.tgz`);
  const actual = createHash('sha512').update(readFileSync(archive)).digest('hex');
  if (actual !== digest) {
    process.stderr.write(`pnpm ${version} is not the archive this project pinned: sha512 ${actual}.\n`);
    process.exit(1);
  }
  writeFileSync(join(pnpmHome, 'package.json'), '{ "private": true }\n');
  must('npm', ['install', '--silent', '--no-package-lock', '--ignore-scripts', archive], { cwd: pnpmHome });
  writeFileSync(stamp, pinned);
}

/** Installs when a manifest or the lock file is not what the last install saw. */
function install() {
  const stamp = join(cache, 'install-stamp');
  const now = digestOf([
    join(root, 'pnpm-lock.yaml'),
    join(root, 'pnpm-workspace.yaml'),
    join(root, 'package.json'),
    ...['packages', 'apps'].flatMap((folder) =>
      readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'package.json')),
    ),
  ]);
  if (existsSync(join(root, 'node_modules')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  say('Installing …');
  must('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], { quiet: true });
  writeFileSync(stamp, now);
}

/** Builds what changed; turbo remembers the rest below .cache/. */
function build() {
  must('turbo', ['run', 'build', '--output-logs=errors-only', '--log-prefix=none', '--no-update-notifier'], {
    quiet: true,
  });
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(existsSync(file) ? readFileSync(file) : 'none').update('\0');
  return hash.update(process.version).digest('hex');
}

function run(command, commandArgs) {
  const result = spawnSync(command, commandArgs, { cwd: task === 'hawser' ? process.env.INIT_CWD ?? root : root, env, stdio: 'inherit' });
  if (result.error) throw result.error;
  return result.status ?? 128 + 15;
}

/** Runs a set-up step; its output is shown only when it fails, so that a second run is silent. */
function must(command, commandArgs, { cwd = root, quiet = false } = {}) {
  const result = spawnSync(command, commandArgs, {
    cwd,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'ignore', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}\n`);
  process.stderr.write(`Set-up failed: ${command} ${commandArgs.join(' ')} ended with ${result.status ?? result.signal ?? result.error}.\n`);
  process.exit(1);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
