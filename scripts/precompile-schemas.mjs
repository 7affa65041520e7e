// What the compile-schemas.mjs of the packages share: JSON Schemas (2020-12) become functions that need no ajv at run time.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { transform } from 'esbuild';

// ajv is a dependency of the package that uses it when a document comes without a generated validator.
export const requireOfStore = createRequire(new URL('../packages/state-store/package.json', import.meta.url));

/**
 * A module with one exported function for each schema, by the schema's name.
 *
 * @param {Record<string, object>} schemas
 * @param {object} options of ajv, beside those that all have
 * @returns {string}
 */
export function standaloneSource(schemas, options) {
  const { Ajv2020 } = requireOfStore('ajv/dist/2020.js');
  const standaloneCode = requireOfStore('ajv/dist/standalone').default;
  const ajv = new Ajv2020({ logger: false, validateFormats: false, code: { source: true, esm: true }, ...options });
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
  return standaloneCode(ajv, Object.fromEntries(Object.keys(schemas).map((name) => [name, name])));
}

/**
 * Writes the functions of these schemas into a TypeScript file of their package; with `--print` shows what it would write.
 *
 * @param {object} wanted
 * @param {Record<string, object>} wanted.schemas by name
 * @param {object} wanted.options of ajv
 * @param {URL} wanted.file
 * @param {{ name: string, from: string }} [wanted.type] of the functions
 * @param {string} [wanted.only] the name by which the function of the only schema is exported; without it all are
 *   exported as `compiledSchemas`
 */
export async function precompileSchemas({
  schemas,
  options,
  file,
  type = { name: 'CompiledSchema', from: './compiled-schema.js' },
  only,
}) {
  // Lengths in UTF-16: ours only ask for one character, and no function of ajv is needed.
  const source = standaloneSource(schemas, { unicode: false, ...options });
  // Only what is made of our schemas stands in the repository, nothing of ajv's own.
  if (/\brequire\(|^import /m.test(source)) throw new Error('A schema needs functions of ajv: say it without them');
  const { code: whole } = await transform(source, {
    format: 'esm',
    target: 'node20',
    minify: true,
    legalComments: 'none',
  });
  const [code] = whole.split(/export\s*\{/);
  const local = Object.fromEntries([...whole.matchAll(/([\w$]+) as (\w+)/g)].map(([, inside, name]) => [name, inside]));
  const names = Object.keys(schemas);
  const record = `Readonly<Record<'${names.join("' | '")}', ${type.name}>>`;
  const exported = only
    ? `${only}: ${type.name} = ${local[names[0]]}`
    : `compiledSchemas: ${record} = {${names.map((name) => `${name}:${local[name]}`).join(',')}}`;
  const module = `// @ts-nocheck -- made by ajv: node compile-schemas.mjs
import type { ${type.name} } from '${type.from}';
${code.trim()}
export const ${exported};
`;
  if (process.argv.includes('--print')) process.stdout.write(module);
  else writeFileSync(file, module);
}
