// Builds the page: one HTML file, one script, one style sheet, each of the last two under a name with its hash.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
await rm(`${root}/dist`, { recursive: true, force: true });
await mkdir(`${root}/dist`, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/page.css'],
  outdir: 'dist',
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
const files = Object.keys(metafile.outputs).map((path) => basename(path));
const named = (end) => files.find((file) => file.endsWith(end));
const html = (await readFile(`${root}/src/index.html`, 'utf8'))
  .replace('{{script}}', named('.js'))
  .replace('{{styles}}', named('.css'));
await writeFile(`${root}/dist/index.html`, html);
