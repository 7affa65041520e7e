// Compiles the schemas of tunnels.yaml and net.json ahead of time, so that no compiler of schemas is loaded when tunnels are opened,
// and writes the first down for editors:
//   node compile-schemas.mjs [--print]
// writes src/config/compiled.generated.ts and schemas/tunnels.schema.json. Built sources are read: build first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { transform } from 'esbuild';
import { trustSchema, tunnelsSchema } from './dist/config/schema.js';
import { netSchema } from './dist/supervisor/net-schema.js';

const schemas = { tunnels: tunnelsSchema, trust: trustSchema, net: netSchema };

// All complaints, because a person mends several lines at once.
const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  logger: false,
  validateFormats: false,
  unicode: false,
  inlineRefs: false,
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
else {
  writeFileSync(new URL('src/config/compiled.generated.ts', import.meta.url), module);
  mkdirSync(new URL('schemas/', import.meta.url), { recursive: true });
  writeFileSync(new URL('schemas/tunnels.schema.json', import.meta.url), `${JSON.stringify(tunnelsSchema, null, 2)}\n`);
}
