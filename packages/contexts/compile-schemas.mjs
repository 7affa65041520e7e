// Compiles the schema of contexts.json ahead of time, so that no compiler of schemas is loaded when contexts are read:
//   node compile-schemas.mjs [--print]
// writes src/plan/contexts-validator.generated.ts. The built source is read: build first.
import { writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { transform } from 'esbuild';
import { contextsSchema } from './dist/plan/contexts-schema.js';

const ajv = new Ajv2020({
  allErrors: false,
  logger: false,
  validateFormats: false,
  unicode: false,
  code: { source: true, esm: true },
});
const source = standaloneCode.default(ajv, ajv.compile(contextsSchema)).replace(/export default \w+;/, '');

// Only what is made of our schema stands in the repository, nothing of ajv's own.
if (/\brequire\(|^import /m.test(source)) throw new Error('The schema needs functions of ajv: say it without them');
const { code: whole } = await transform(source, {
  format: 'esm',
  target: 'node20',
  minify: true,
  legalComments: 'none',
});
const [, local] = /export\s*\{\s*([\w$]+) as validate/.exec(whole) ?? [undefined, 'validate'];
const module = `// @ts-nocheck -- made by ajv: node compile-schemas.mjs
import type { Validator } from '@hawser/state-store';
${whole
  .split(/export\s*\{/)[0]
  .replace(/\bexport const /g, 'const ')
  .trim()}
export const validateContexts: Validator = ${local};
`;
if (process.argv.includes('--print')) process.stdout.write(module);
else writeFileSync(new URL('src/plan/contexts-validator.generated.ts', import.meta.url), module);
