// Makes a tarball of the command line that brings its own Node, for machines that have none:
//   node scripts/pack-with-node.mjs CLI.tgz FOLDER
// By `oclif pack tarballs`, with the Node that runs this script in place of the one oclif would download. Packages come
// from the registry npm is configured for. Prints the path of the tarball, which unpacks to `hawser/bin/hawser`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root as checkout, toolEnv } from './workspace.mjs';

const [packed, folder] = process.argv.slice(2);
if (!packed || !folder) {
  process.stderr.write('Usage: node scripts/pack-with-node.mjs CLI.tgz FOLDER\n');
  process.exit(2);
}
const root = join(resolve(folder), 'package');
const target = `${process.platform}-${process.arch}`;
mkdirSync(resolve(folder), { recursive: true });
const configured = environment();
run(resolve(folder), 'tar', '-xzf', resolve(packed));

// The name under which oclif's own script looks for the program.
writeFileSync(join(root, 'bin/run'), "'use strict';\nrequire('./hawser.js');\n");
// Only what is installed along: what the bundle was made of is in it.
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
delete manifest.devDependencies;
delete manifest.scripts;
writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, scripts: {} }, null, 2));
run(root, 'npm', 'install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund');

const cache = join(root, 'tmp/cache', `node-v${process.versions.node}-${target}`);
mkdirSync(cache, { recursive: true });
copyFileSync(process.execPath, join(cache, 'node'));
const made = readdirSync(join(root, 'dist'));
const options = ['--root', root, '--targets', target, '--no-xz', '--sha', '0000000'];
run(root, join(checkout, 'node_modules/.bin/oclif'), 'pack', 'tarballs', ...options);
const [tarball] = readdirSync(join(root, 'dist')).filter((name) => !made.includes(name) && name.endsWith('.tar.gz'));
rmSync(join(root, 'tmp'), { recursive: true });
process.stdout.write(`${join(root, 'dist', tarball)}\n`);

/** oclif runs npm by a shell, which drops variables named like `npm_config_@scope:registry`: they go into a file. */
function environment() {
  const env = toolEnv();
  const { stdout } = spawnSync('npm', ['config', 'get', 'globalconfig'], { env, encoding: 'utf8' });
  const usual = existsSync(stdout.trim()) ? readFileSync(stdout.trim(), 'utf8') : '';
  const scopes = Object.entries(process.env).filter(([name]) => name.startsWith('npm_config_@'));
  const lines = scopes.map(([name, value]) => `${name.slice('npm_config_'.length)}=${value}\n`);
  const file = join(resolve(folder), 'npmrc');
  writeFileSync(file, `${usual}\n${lines.join('')}`);
  return { ...env, npm_config_globalconfig: file };
}

function run(cwd, command, ...argv) {
  const { status, stdout, stderr, error } = spawnSync(command, argv, {
    cwd,
    env: configured,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status === 0) return;
  process.stderr.write(`${command} ${argv.join(' ')} ended with ${status}:\n${stdout}${stderr}${error ?? ''}\n`);
  process.exit(1);
}
