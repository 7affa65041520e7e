import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

// A module of its own, imported when it is needed: bundlers give a CommonJS package that is imported so by itself no
// names.
const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  logger: false,
  validateFormats: false,
  // Our schemas are proven by tests; judging them by the schema of schemas takes longer than everything else.
  meta: false,
  validateSchema: false,
});

/** Compiles a JSON Schema of draft 2020-12. */
export function compileSchema(schema: object): ValidateFunction {
  return ajv.compile(schema);
}
