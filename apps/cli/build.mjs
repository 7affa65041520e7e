// Bundles the command line: one entry per command, oclif, our libraries and the AWS SDK inside, shared code split off.
// Then writes oclif.manifest.json, without which every start would load every command.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));

await rm(new URL('dist', import.meta.url), { recursive: true, force: true });
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
if (process.argv.includes('--metafile')) await writeFile(new URL('dist/meta.json', import.meta.url), JSON.stringify(metafile));

const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true });
await plugin.load();
const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
await writeFile(
  new URL('oclif.manifest.json', import.meta.url),
  `${JSON.stringify({ commands: plugin.manifest.commands, version }, null, 2)}\n`,
);
