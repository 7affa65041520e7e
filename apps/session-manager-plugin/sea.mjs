// Makes one executable of the built plugin and the Node that runs this script (Node's "single executable applications"):
//   node apps/session-manager-plugin/sea.mjs FILE
// For machines without Node. It is as large as Node is; the bundle in dist is what everybody else takes.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [file] = process.argv.slice(2);
if (!file) {
  process.stderr.write('Usage: node sea.mjs FILE\n');
  process.exit(2);
}
const root = fileURLToPath(new URL('.', import.meta.url));
const { inject } = createRequire(new URL('../../package.json', import.meta.url))('postject');
/** By this mark Node finds out that something was put into it (single-executable-applications in its manual). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const folder = mkdtempSync(join(tmpdir(), 'hawser-sea-'));
try {
  writeFileSync(join(folder, 'main.cjs'), program());
  const { parts } = split();
  writeFileSync(join(folder, 'parts'), parts);
  const config = {
    main: join(folder, 'main.cjs'),
    output: join(folder, 'blob'),
    disableExperimentalSEAWarning: true,
    assets: { parts: join(folder, 'parts') },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const argv = ['--experimental-sea-config', join(folder, 'config.json')];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Node cannot prepare the program: ${stderr}`);
  copyFileSync(process.execPath, resolve(file));
  chmodSync(resolve(file), 0o755);
  const options = { sentinelFuse: fuse, ...(process.platform === 'darwin' && { machoSegmentName: 'NODE_SEA' }) };
  await inject(resolve(file), 'NODE_SEA_BLOB', readFileSync(join(folder, 'blob')), options);
} finally {
  rmSync(folder, { recursive: true });
}

/** The bundle, and the parts that lie in a comment behind it. */
function split() {
  const [code, rest] = readFileSync(join(root, 'dist/session-manager-plugin.cjs'), 'latin1').split('/*PARTS', 2);
  return { code, parts: rest.slice(0, rest.lastIndexOf('*/')) };
}

/** What the shim in bin does, with the parts as an asset: an executable cannot read itself as a text. */
function program() {
  const { officialVersion } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const fromFile = /require\((["'])node:fs\1\)\.readFileSync\(__filename, ?(["'])latin1\2\)\.split\([^)]+\)\[1\]/;
  const { code } = split();
  if (!fromFile.test(code)) throw new Error('The bundle does not read its parts as build.mjs has it do.');
  return `'use strict';
const words = process.argv.slice(2);
if (words[0] === '--version' && words.length === 1 && process.env.HAWSER_PLUGIN_VERSION === undefined) {
  process.stdout.write(${JSON.stringify(`${officialVersion}\n`)});
} else {
  // Optional modules are asked for and are not there; Node would tell the person so.
  const builtIn = (name) => {
    if (require('node:module').isBuiltin(name)) return require(name);
    throw Object.assign(new Error('There is no ' + name + ' in this executable'), { code: 'MODULE_NOT_FOUND' });
  };
  ((require) => {
${code.replace(fromFile, "require('node:sea').getAsset('parts', 'latin1')")}
  })(builtIn);
  module.exports.main(words);
}
`;
}
