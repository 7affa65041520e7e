import { checkSchema } from '../schema/check.js';
import { textOf } from '../text/text-of.js';
import { readYamlMap } from '../text/yaml-map.js';
import type { Finding } from '../tree/types.js';

/** What an `openenv.yaml` says that a push needs. */
export interface Manifest {
  /** `1`: it has a spec_version. `legacy`: name, version, action and observation. */
  readonly dialect: '1' | 'legacy';
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly app: string | undefined;
  readonly port: number | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

const name = { type: 'string', minLength: 1 };
const text = { type: 'string' };
const variables = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};
/** For editors. */
const $schema = text;
const common = { $schema, name, version: { type: ['string', 'number'] }, description: text, variables };

/** The dialect with `spec_version`: that of openenv-core 0.3.0, and what openenv 0.10.0 adds. */
export const manifestSchema: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'openenv.yaml, spec_version 1',
  type: 'object',
  required: ['spec_version', 'name'],
  properties: {
    ...common,
    spec_version: { const: 1 },
    type: { const: 'space' },
    runtime: text,
    app: { type: 'string', pattern: '^[A-Za-z_][\\w.]*:[A-Za-z_]\\w*$' },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    validation: { type: 'object' },
  },
  additionalProperties: false,
};

/** The older dialect, without `spec_version`. */
export const legacyManifestSchema: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'openenv.yaml, before spec_version',
  type: 'object',
  required: ['name'],
  properties: { ...common, action: true, observation: true, state: true, client: true, server: true },
  additionalProperties: false,
};

/** Reads and judges an `openenv.yaml` of either dialect. */
export async function readManifest(
  source: string,
  path = 'openenv.yaml',
): Promise<{ readonly manifest?: Manifest; readonly findings: readonly Finding[] }> {
  const map = await readYamlMap(source);
  if (!map.ok)
    return {
      findings: [
        {
          rule: 'manifest/yaml',
          severity: 'error',
          message: `${path} cannot be used: ${map.message}`,
          path,
          line: map.line,
        },
      ],
    };
  const { value } = map;
  const dialect = 'spec_version' in value ? '1' : 'legacy';
  const complaints = await checkSchema(dialect === '1' ? 'manifest' : 'legacyManifest', value);
  const lines = source.split('\n');
  const findings = complaints.map(({ path: names, message, keyword }): Finding => {
    const isUnknown = keyword === 'additionalProperties';
    const at = lines.findIndex((line) => line.startsWith(`${names[0] ?? ''}:`));
    return {
      rule: isUnknown ? 'manifest/unknown-key' : 'manifest/field',
      severity: isUnknown ? 'warning' : 'error',
      message: `${path}: ${names.join('.')} ${message}.`,
      path,
      ...(at !== -1 && { line: at + 1 }),
    };
  });
  return { manifest: manifestOf(dialect, value), findings };
}

function manifestOf(dialect: Manifest['dialect'], value: Readonly<Record<string, unknown>>): Manifest {
  const { port } = value;
  const pairs = Object.entries(typeof value['variables'] === 'object' ? (value['variables'] ?? {}) : {});
  return {
    dialect,
    name: textOf(value['name']),
    description: textOf(value['description']),
    app: textOf(value['app']),
    port: typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined,
    // The Hub's variables are strings.
    variables: Object.fromEntries(pairs.map(([key, each]) => [key, String(each)])),
  };
}
