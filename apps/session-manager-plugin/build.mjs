// Bundles the plugin, our libraries and the AWS SDK to one CommonJS file that starts fast. Parsing a file of that size
// takes longer than starting Node. So only what answers `--version` is code there; every other part lies in a comment
// behind it, and is compiled when it is first asked for. A shell session asks for a few of them, and most of the SDK is
// for sessions that break or are encrypted.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const target = 'node20.19';
const entry = './main.js';

const { outputFiles, metafile } = await build({
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target,
  mainFields: ['module', 'main'],
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // Native speed-ups of ws, which does without them, and the service of which the plugin makes no call.
  external: ['bufferutil', 'utf-8-validate', '@aws-sdk/client-ecs'],
  logLevel: 'warning',
});

const nameOf = (path) => `./${basename(path)}`;
const eager = new Set();
(function follow(path) {
  eager.add(nameOf(path));
  for (const { path: imported, kind, external } of metafile.outputs[path].imports)
    if (kind === 'import-statement' && !external && !eager.has(nameOf(imported))) follow(imported);
})('dist/main.js');

const functions = [];
const places = {};
let comment = '';
for (const { path, text } of outputFiles) {
  // `import()` too becomes the `require` that is handed in.
  const supported = { 'dynamic-import': false };
  const { code } = await transform(text, { format: 'cjs', platform: 'node', target, supported, minify: true });
  const name = nameOf(path);
  if (eager.has(name)) functions.push(`${JSON.stringify(name)}(require,module,exports){${code}}`);
  else {
    // As a JSON text a part cannot end the comment it lies in.
    const json = JSON.stringify(code).replaceAll('*/', '*\\/');
    places[name] = [comment.length, comment.length + json.length];
    comment += json;
  }
}

/** Stands in the bundle: `require` for its parts, each run once. Lazy ones are named in stacks by the part they are. */
function load(name) {
  if (loaded[name]) return loaded[name].exports;
  let run = functions[name];
  if (places[name]) {
    comment ??= require('node:fs').readFileSync(__filename, 'latin1').split('/*PARTS', 2)[1];
    const code = JSON.parse(comment.slice(...places[name]));
    run = require('node:vm').compileFunction(code, ['require', 'module', 'exports'], {
      filename: `${__filename}/${name}`,
    });
  }
  if (!run) return require(name);
  const part = (loaded[name] = { exports: {} });
  run(load, part, part.exports);
  return part.exports;
}

const code = `'use strict';
const loaded = {};
let comment;
const places = ${JSON.stringify(places)};
const functions = {
${functions.join(',\n')}
};
${load.toString()}
module.exports = load(${JSON.stringify(entry)});
`;
await rm(new URL('dist', import.meta.url), { recursive: true, force: true });
await mkdir(new URL('dist', import.meta.url));
await writeFile(
  new URL('dist/session-manager-plugin.cjs', import.meta.url),
  // The mark is put together, so that the text that looks for it is not taken for it.
  `${code.replace("'/*PARTS'", "'/*' + 'PARTS'")}/*PARTS${comment}*/\n`,
);
