import type { SchemaError } from './compiled-schema.js';

/** A value that is not as its schema says. */
export interface Complaint {
  /** Names from the top to the value. */
  readonly path: readonly string[];
  /** What is wrong, to follow the name. */
  readonly message: string;
  readonly keyword: string;
}

/** Our JSON Schemas of draft 2020-12. */
export type SchemaName = 'frontMatter' | 'legacyManifest' | 'manifest' | 'plan';

/** Judges a value by one of our schemas, one complaint a place. The compiled schemas are loaded when called. */
export async function checkSchema(schema: SchemaName, value: unknown): Promise<readonly Complaint[]> {
  const { compiledSchemas } = await import('./compiled.generated.js');
  const validate = compiledSchemas[schema];
  if (validate(value)) return [];
  const complaints = new Map<string, Complaint>();
  for (const error of validate.errors ?? []) {
    const path = pathOf(error);
    const key = path.join('/');
    if (!complaints.has(key)) complaints.set(key, { path, message: messageOf(error), keyword: error.keyword });
  }
  return [...complaints.values()];
}

function pathOf({ instancePath, keyword, params }: SchemaError): readonly string[] {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'required') return [...path, String(params['missingProperty'])];
  if (keyword === 'additionalProperties') return [...path, String(params['additionalProperty'])];
  return path;
}

function messageOf({ keyword, params, message = 'is not as it should be' }: SchemaError): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'const') return `must be ${String(params['allowedValue'])}`;
  if (keyword === 'additionalProperties') return 'is not known';
  return message;
}
