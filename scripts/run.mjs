#!/usr/bin/env node
// One door for every task: fetches the pinned pnpm below .cache/, installs and builds what changed, runs the task.
// Uses nothing but Node and npm, and writes nothing outside the checkout.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cache, root, taskEnv, toolEnv, workspacePackages } from './workspace.mjs';

const pnpmHome = join(cache, 'pnpm');

const script = (name, ...fixed) => ({ argv: [join(root, 'scripts', name), ...fixed] });
const tasks = {
  start: { argv: [join(root, 'apps/cli/bin/hawser.js'), 'tour'] },
  hawser: { argv: [join(root, 'apps/cli/bin/hawser.js')], where: process.env.INIT_CWD },
  test: script('test.mjs'),
  soak: script('test.mjs', '--soak'),
  'test:cluster': script('test.mjs', '--cluster'),
  'test:nodes': script('test.mjs', '--nodes'),
  mutate: script('mutate.mjs'),
  check: script('check.mjs'),
  bench: script('bench.mjs'),
  site: script('site.mjs'),
  format: { command: 'oxfmt', argv: ['--write', '.'] },
  build: {},
};

const [taskName = 'start', ...args] = process.argv.slice(2);
const task = tasks[taskName];
if (!task) {
  process.stderr.write(`Unknown task '${taskName}'. Tasks: ${Object.keys(tasks).join(', ')}.\n`);
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
if (task.argv) runTask(task, args);

/** Puts the pnpm that package.json names below .cache/, after comparing its archive with the digest beside the name. */
function fetchPnpm() {
  const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
  const stamp = join(pnpmHome, 'stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pinned) return;
  const [, version, digest] = /^pnpm@([^+]+)\+sha512\.([0-9a-f]+)$/.exec(pinned) ?? [];
  say(`Fetching pnpm ${version} (once) …`);
  rmSync(pnpmHome, { recursive: true, force: true });
  mkdirSync(pnpmHome, { recursive: true });
  must('npm', ['pack', '--silent', `pnpm@${version}`, '--pack-destination', pnpmHome], pnpmHome);
  const archive = join(pnpmHome, `pnpm-${version}.tgz`);
  const actual = createHash('sha512').update(readFileSync(archive)).digest('hex');
  if (actual !== digest) {
    process.stderr.write(`pnpm ${version} is not the archive this project pinned: sha512 ${actual}.\n`);
    process.exit(1);
  }
  writeFileSync(join(pnpmHome, 'package.json'), '{ "private": true }\n');
  must('npm', ['install', '--silent', '--no-package-lock', '--ignore-scripts', archive], pnpmHome);
  writeStamp(stamp, pinned);
}

/** Installs when a manifest or the lock file is not what the last install saw. */
function install() {
  const stamp = join(cache, 'install-stamp');
  const now = digestOf([
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...workspacePackages().map(({ folder }) => join(folder, 'package.json')),
  ]);
  if (existsSync(join(root, 'node_modules')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  say('Installing …');
  must('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only']);
  writeStamp(stamp, now);
}

/** Builds what changed; turbo remembers the rest below .cache/. */
function build() {
  must('turbo', ['run', 'build', '--output-logs=errors-only', '--log-prefix=none', '--no-update-notifier']);
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(root, file))).update('\0');
  return hash.update(process.version).digest('hex');
}

/** A half-written stamp would be taken for an old one at worst; a renamed one is never half-written. */
function writeStamp(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Runs the task with the person's own environment, hands signals on to it, and ends as it ends. */
function runTask({ command = process.execPath, argv, where = root }, extra) {
  const child = spawn(command, [...argv, ...extra], { cwd: where, env: taskEnv(), stdio: 'inherit' });
  // A terminal sends its Ctrl-C to the child as well: the child decides what it means, and this process waits for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => {
    process.stderr.write(`Could not start ${taskName}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  });
}

/** Runs a set-up step; its output is shown only when it fails, so that a second run is silent. */
function must(command, commandArgs, cwd = root) {
  const result = spawnSync(command, commandArgs, {
    cwd,
    env: toolEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}\n`);
  const how = result.error?.message ?? `it ended with ${result.status ?? result.signal}`;
  process.stderr.write(`Set-up failed at '${command} ${commandArgs.join(' ')}': ${how}.\n`);
  process.exit(1);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
