// Bundles the one program of the images (`hawser-sessions controller|gateway|runner|migrate`) and copies the page.
import { cp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pageFolder } from '@hawser/sessions-web';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
await rm(`${root}/dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  chunkNames: 'chunks/[name]-[hash]',
  external: ['@lydell/node-pty', 'bcrypt', 'knex', 'libsql', 'pg'],
  define: { HAWSER_VERSION: JSON.stringify(version) },
  legalComments: 'none',
  logLevel: 'warning',
  banner: {
    js: [
      "import{createRequire as __hawserRequire}from'node:module';import{fileURLToPath as __hawserPath}from'node:url';",
      'const require=__hawserRequire(import.meta.url),__filename=__hawserPath(import.meta.url),',
      "__dirname=__hawserPath(new URL('.',import.meta.url));",
    ].join(''),
  },
});
await cp(pageFolder, `${root}/dist/page`, { recursive: true });
