// Compiles the schemas of this package ahead of time, so that a push loads no compiler of schemas:
//   node compile-schemas.mjs [--print]
// writes src/schema/compiled.generated.ts, or shows what it would write. Built sources are read: build first. What
// scripts/compile-schemas.mjs makes stops at the first complaint, and a person wants all of them.
import { writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { transform } from 'esbuild';
import { legacyManifestSchema, manifestSchema } from './dist/env/manifest.js';
import { planSchema } from './dist/plan/schema.js';
import { frontMatterSchema } from './dist/readme/schema.js';

const schemas = {
  frontMatter: frontMatterSchema,
  legacyManifest: legacyManifestSchema,
  manifest: manifestSchema,
  plan: planSchema,
};

const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  logger: false,
  validateFormats: false,
  // Lengths in UTF-16: ours only ask for one character, and no function of ajv is needed.
  unicode: false,
  code: { source: true, esm: true },
});
for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
const source = standaloneCode.default(ajv, Object.fromEntries(Object.keys(schemas).map((name) => [name, name])));

// Only what is made of our schemas stands in the repository, nothing of ajv's own.
if (/\brequire\(|^import /m.test(source)) throw new Error('A schema needs functions of ajv: say it without them');
const { code: whole } = await transform(source, {
  format: 'esm',
  target: 'node20',
  minify: true,
  legalComments: 'none',
});
const [code] = whole.split(/export\s*\{/);
const exported = Object.fromEntries([...whole.matchAll(/([\w$]+) as (\w+)/g)].map(([, local, name]) => [name, local]));
const module = `// @ts-nocheck -- made by ajv: node compile-schemas.mjs
import type { CompiledSchema } from './compiled-schema.js';
${code.trim()}
export const compiledSchemas: Readonly<Record<'${Object.keys(schemas).join("' | '")}', CompiledSchema>> = {${Object.keys(
  schemas,
)
  .map((name) => `${name}:${exported[name] ?? name}`)
  .join(',')}};
`;
if (process.argv.includes('--print')) process.stdout.write(module);
else writeFileSync(new URL('src/schema/compiled.generated.ts', import.meta.url), module);
