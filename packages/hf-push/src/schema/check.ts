import type { ErrorObject, ValidateFunction } from 'ajv';

/** A value that is not as its schema says. */
export interface Complaint {
  /** Names from the top to the value. */
  readonly path: readonly string[];
  /** What is wrong, to follow the name. */
  readonly message: string;
  readonly keyword: string;
}

/**
 * Judges a value by a JSON Schema of draft 2020-12, one complaint a place. Loads ajv when called.
 */
export async function checkSchema(schema: object, value: unknown): Promise<readonly Complaint[]> {
  const validate = compiled.get(schema) ?? (await compile(schema));
  if (validate(value)) return [];
  const complaints = new Map<string, Complaint>();
  for (const error of validate.errors ?? []) {
    const path = pathOf(error);
    const key = path.join('/');
    if (!complaints.has(key)) complaints.set(key, { path, message: messageOf(error), keyword: error.keyword });
  }
  return [...complaints.values()];
}

const compiled: WeakMap<object, ValidateFunction> = new WeakMap();

async function compile(schema: object): Promise<ValidateFunction> {
  const { compileSchema } = await import('./ajv.js');
  const validate = compileSchema(schema);
  compiled.set(schema, validate);
  return validate;
}

function pathOf({ instancePath, keyword, params }: ErrorObject): readonly string[] {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'required') return [...path, String(params['missingProperty'])];
  if (keyword === 'additionalProperties') return [...path, String(params['additionalProperty'])];
  return path;
}

function messageOf({ keyword, params, message = 'is not as it should be' }: ErrorObject): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'const') return `must be ${String(params['allowedValue'])}`;
  if (keyword === 'additionalProperties') return 'is not known';
  return message;
}
