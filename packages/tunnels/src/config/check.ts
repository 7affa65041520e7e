import { nearMisses } from '@hawser/near-miss';
import type { SchemaError } from './compiled-schema.js';
import type { Complaint } from './complaint.js';
import { asMap } from './raw.js';
import type { ParsedFile, Path } from './read-yaml.js';
import { tunnelsSchema, type Schema } from './schema.js';

/** Holds a file to the schema; one complaint a place, in the order of the file. */
export async function checkFile(parsed: ParsedFile): Promise<readonly Complaint[]> {
  const { compiledSchemas } = await import('./compiled.generated.js');
  const validate = compiledSchemas.tunnels;
  if (validate(parsed.value)) return [];
  const complaints = new Map<string, Complaint>();
  for (const error of validate.errors ?? []) {
    const found = describe(error, parsed.value);
    const key = JSON.stringify(found?.path);
    if (found && !complaints.has(key)) complaints.set(key, parsed.complain(found.path, found.message, found.at));
  }
  return [...complaints.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** What to say of an error; nothing of those that only say that a branch of the schema complains. */
function describe(
  { instancePath, keyword, params, schemaPath }: SchemaError,
  value: unknown,
): { readonly path: Path; readonly message: string; readonly at?: 'name' } | undefined {
  // Of a pattern of names: which name it was is said by the error that follows.
  if (keyword === 'if' || keyword === 'not' || schemaPath.includes('/propertyNames/')) return undefined;
  const path = instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { schemas, description } = schemasAt(path, value);
  if (keyword === 'propertyNames') {
    const name = String(params['propertyName']);
    return { path: [...path, name], message: 'is no name that may stand there.', at: 'name' };
  }
  if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    const known = schemas.flatMap((schema) => Object.keys((schema['properties'] as Schema | undefined) ?? {}));
    const [meant] = nearMisses(name, known);
    const hint = meant === undefined ? `there may stand: ${[...new Set(known)].join(', ')}.` : `did you mean ${meant}?`;
    return { path: [...path, name], message: `is not known; ${hint}`, at: 'name' };
  }
  if (keyword === 'required') {
    // Said of alternatives: which of them was meant is not known, and the alternative itself complains.
    if (schemaPath.includes('/oneOf/')) return undefined;
    return { path, message: `has no ${String(params['missingProperty'])}.` };
  }
  if (keyword === 'enum') {
    const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
    return { path, message: `may be ${allowed.join(', ')}.` };
  }
  return { path, message: `may be ${description}.` };
}

/** The parts of the schema that hold for the value at a path, and what may stand there in words. */
function schemasAt(
  path: readonly string[],
  value: unknown,
): { readonly schemas: readonly Schema[]; readonly description: string } {
  let at = value;
  let schemas = applying(tunnelsSchema, at);
  let description = '';
  for (const step of path) {
    const next = schemas.flatMap((schema): readonly Schema[] => {
      const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
      const own = Object.hasOwn(properties, step) ? properties[step] : undefined;
      const others = schema['items'] ?? schema['additionalProperties'];
      const found = own ?? others;
      return typeof found === 'object' && found !== null ? [found as Schema] : [];
    });
    at = (at as Readonly<Record<string, unknown>>)[step];
    schemas = next.flatMap((schema) => applying(schema, at));
    description =
      schemas.map((schema) => schema['description']).find((each) => typeof each === 'string') ?? description;
  }
  return { schemas, description: description || String(tunnelsSchema['description']) };
}

/** A schema, and those it brings in for a value. */
function applying(schema: Schema, value: unknown): readonly Schema[] {
  const {
    $ref,
    allOf = [],
    if: condition,
    then,
    else: otherwise,
  } = schema as {
    readonly $ref?: string;
    readonly allOf?: readonly Schema[];
    readonly if?: Schema;
    readonly then?: Schema;
    readonly else?: Schema;
  };
  const definitions = tunnelsSchema['$defs'] as Readonly<Record<string, Schema>>;
  const referred = $ref === undefined ? undefined : definitions[$ref.slice('#/$defs/'.length)];
  const branch = condition === undefined ? undefined : holds(condition, value) ? then : otherwise;
  return [schema, ...[referred, branch, ...allOf].flatMap((each) => (each ? applying(each, value) : []))];
}

/** Whether a condition of ours holds: one of a type, or of a kind. */
function holds(condition: Schema, value: unknown): boolean {
  const { type, properties } = condition as {
    readonly type?: string;
    readonly properties?: { readonly kind: { readonly enum: readonly string[] } };
  };
  if (properties) return properties.kind.enum.includes(asMap(value)['kind'] as string);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return typeof value === 'number';
  return type === (Array.isArray(value) ? 'array' : typeof value);
}
