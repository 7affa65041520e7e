// Bundles the one program of the images (`hawser-sessions controller|gateway|runner|migrate`) and copies the page.
import { cp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pageFolder } from '@hawser/sessions-web';
import { build } from 'esbuild';
import { commonJsInside } from '../../scripts/bundle.mjs';

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
  banner: { js: commonJsInside },
});
await cp(pageFolder, `${root}/dist/page`, { recursive: true });
