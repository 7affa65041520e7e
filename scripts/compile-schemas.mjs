// Turns JSON Schemas (2020-12) into validators that need no ajv at run time:
//   node scripts/compile-schemas.mjs SCHEMA.json … [--out FOLDER] …
// writes NAME.generated.js and NAME.generated.d.ts beside each schema, or into every --out folder.
// NAME is the schema's file name without `.schema.json` or `.json`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { requireOfStore, standaloneSource } from './precompile-schemas.mjs';

const { values, positionals } = parseArgs({
  options: { out: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
if (positionals.length === 0) {
  process.stderr.write('Usage: node scripts/compile-schemas.mjs SCHEMA.json … [--out FOLDER] …\n');
  process.exit(2);
}

for (const path of positionals) {
  const schema = JSON.parse(await readFile(path, 'utf8'));
  // The same options as compileValidator of @hawser/state-store, so that both judge alike.
  const source = standaloneSource({ validate: schema }, { allErrors: false });
  const name = basename(path).replace(/(\.schema)?\.json$/, '');
  const javascript = await bundle(source, basename(path));
  const declaration = [
    `// Generated from ${basename(path)} by scripts/compile-schemas.mjs.`,
    "import type { Validator } from '@hawser/state-store';",
    'export declare const validate: Validator;',
    '',
  ].join('\n');
  for (const folder of values.out.length > 0 ? values.out : [dirname(path)]) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${name}.generated.js`), javascript);
    await writeFile(join(folder, `${name}.generated.d.ts`), declaration);
  }
}

/** Some keywords (uniqueItems, minLength, …) make ajv emit imports of its own files: those go into the module. */
async function bundle(source, from) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: dirname(requireOfStore.resolve('ajv/package.json')), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    banner: { js: `// Generated from ${from} by scripts/compile-schemas.mjs.` },
  });
  return outputFiles[0].text;
}
