import { StateStoreError } from './errors.js';
import type { JsonSchema, Validator } from './validator.js';

/** Brings data of one version to the next; `data` has the shape of the version before. Must not change its argument. */
export type Migration = (data: unknown) => unknown;

/**
 * Makes the best of data that does not fit the schema; returns `undefined` when there is nothing to save. What it
 * returns is validated again.
 */
export type Recover = (data: unknown, validate: Validator) => unknown;

/** What {@link defineDocument} is told about a document. */
export interface DocumentOptions<T> {
  /** File name without `.json`: lower-case letters, digits, `.`, `_`, `-`, at most 64. */
  readonly name: string;
  /** Version of the data's shape, counted from 1. */
  readonly version: number;
  /** JSON Schema (2020-12) of the data. */
  readonly schema: JsonSchema;
  /** Generated from the schema at build time; without it, ajv is loaded when the document is first used. */
  readonly validate?: Validator;
  /**
   * `migrations[n]` makes version n out of version n − 1; all from 2 to `version` are needed. With `migrations[1]`, a
   * file without an envelope is taken for version 0.
   */
  readonly migrations?: Readonly<Record<number, Migration>>;
  /** The data of a document that was never written. */
  readonly default: () => T;
  /** Whether nobody else may read it: the file and every copy get mode 0600. */
  readonly sensitive?: boolean;
  /** How many earlier versions are kept for {@link StateDocument.history} and for recovery: 1 to 100, 3 by default. */
  readonly keep?: number;
  /** Tried before an earlier version is used; see `keepValidItems`. */
  readonly recover?: Recover;
}

/** A checked document definition; may be used with any number of stores. */
export interface DocumentDefinition<T> extends DocumentOptions<T> {
  readonly migrations: Readonly<Record<number, Migration>>;
  readonly sensitive: boolean;
  readonly keep: number;
}

/**
 * Defines a document: its name, shape and history of shapes.
 *
 * @throws StateStoreError HAWSER_STATE_DEFINITION when the parts do not agree
 */
export function defineDocument<T>(options: DocumentOptions<T>): DocumentDefinition<T> {
  const { name, version, migrations = {}, keep = 3, sensitive = false } = options;
  const fail = (why: string): never => {
    throw new StateStoreError('HAWSER_STATE_DEFINITION', `Document '${name}' is defined wrongly: ${why}.`);
  };
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
    fail('its name must be lower-case letters, digits, dots, dashes, at most 64 of them');
  }
  if (!Number.isSafeInteger(version) || version < 1) fail('its version must be a whole number from 1');
  if (typeof options.schema !== 'object' || options.schema === null) fail('it has no schema');
  if (typeof options.default !== 'function') fail('its default must be a function that returns the data');
  if (!Number.isInteger(keep) || keep < 1 || keep > 100) fail('keep must be 1 to 100');
  for (let step = 2; step <= version; step++) {
    if (typeof migrations[step] !== 'function') fail(`the migration to version ${step} is missing`);
  }
  const beyond = Object.keys(migrations).find((step) => !(Number(step) >= 1 && Number(step) <= version));
  if (beyond !== undefined) fail(`there is a migration to version ${beyond}, which does not exist`);
  return Object.freeze({ ...options, migrations, keep, sensitive });
}

/**
 * The JSON Schema of the whole file a document is stored in, with a `$id` that names the version: what an editor
 * needs to check and complete it. The file's `$schema` is this `$id`.
 */
export function fileSchema(definition: Pick<DocumentOptions<unknown>, 'name' | 'version' | 'schema'>): JsonSchema {
  const { name, version, schema } = definition;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: fileSchemaId(definition),
    title: `${name}, version ${version}`,
    type: 'object',
    required: ['kind', 'version', 'revision', 'data'],
    properties: {
      $schema: { type: 'string' },
      kind: { const: name },
      version: { const: version },
      revision: { type: 'integer', minimum: 0 },
      writtenAt: { type: 'string' },
      writer: {
        type: 'object',
        properties: { tool: { type: 'string' }, version: { type: 'string' } },
      },
      data: schema,
    },
  };
}

/** The `$id` of {@link fileSchema}: the data schema's own with `/file/VERSION` added, or a URN. */
export function fileSchemaId({
  name,
  version,
  schema,
}: Pick<DocumentOptions<unknown>, 'name' | 'version' | 'schema'>): string {
  return `${schema.$id?.replace(/#$/, '') ?? `urn:hawser:state:${name}`}/file/${version}`;
}
