// Bundles the command line: one entry per command, oclif, our libraries and the AWS SDK inside, shared code split off.
// Then writes oclif.manifest.json, without which every start would load every command.
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/hooks/*.ts', 'src/commands/**/*.ts'],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  chunkNames: 'chunks/[name]-[hash]',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  // The native terminal is a dependency of its own; TypeScript is looked for by oclif in development only.
  external: ['@lydell/node-pty', 'typescript', 'ts-node'],
  // The CommonJS inside asks for these.
  banner: {
    js: [
      "import{createRequire as __hawserRequire}from'node:module';import{fileURLToPath as __hawserPath}from'node:url';",
      'const require=__hawserRequire(import.meta.url),__filename=__hawserPath(import.meta.url),',
      "__dirname=__hawserPath(new URL('.',import.meta.url));",
    ].join(''),
  },
  logLevel: 'warning',
});
// What an earlier build left; only now, so that a failed build leaves a working command.
const made = new Set(Object.keys(metafile.outputs));
for (const entry of await readdir(new URL('dist', import.meta.url), { recursive: true, withFileTypes: true })) {
  const file = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
  if (entry.isFile() && !made.has(file)) await rm(join(root, file));
}

const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true });
await plugin.load();
const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
await writeFile(
  new URL('oclif.manifest.json', import.meta.url),
  `${JSON.stringify({ commands: plugin.manifest.commands, version }, null, 2)}\n`,
);
