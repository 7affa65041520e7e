// Gathers the JSON Schemas of all files that we read, each made by the library that owns the file, and holds the committed
// ones to them: apps/cli/schemas/files/*.json. Built packages are read. node scripts/file-schemas.mjs [--update]
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readText, report, root } from './workspace.mjs';

const folder = 'apps/cli/schemas/files';
const { allSettings, schemaOfValue, describedFiles } = await sourcesOfCli();
const { tunnelsSchema } = await import('../packages/tunnels/dist/config/schema.js');
const { legacyManifestSchema, manifestSchema } = await import('../packages/hf-push/dist/env/manifest.js');
const { planSchema } = await import('../packages/hf-push/dist/plan/schema.js');
const { contextsSchema } = await import('../packages/contexts/dist/plan/contexts-schema.js');

const text = { type: 'string' };
const project = JSON.parse(readText('packages/exec-client/schemas/hawser-project.schema.json'));
const schemas = {
  project: { ...project, properties: { ...project.properties, settings: settingsOf('project') } },
  config: config(),
  tunnels: tunnelsSchema,
  sessions: {
    title: 'sessions.json',
    description: 'The service of terminal sessions that you use, and the key for it.',
    type: 'object',
    required: ['url', 'api_key'],
    properties: {
      $schema: text,
      url: { description: 'The address of the service.', type: 'string' },
      api_key: { description: 'A key for it.', type: 'string' },
      receipt_keys: {
        description: 'Public keys (PEM) that its receipts are verified with.',
        type: 'array',
        items: text,
      },
    },
  },
  openenv: {
    title: 'openenv.yaml',
    description: 'The manifest of an environment, in either dialect.',
    if: { required: ['spec_version'] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: manifestSchema,
    else: legacyManifestSchema,
  },
  'hf-plan': planSchema,
  setup: stored('setup', 1, {
    type: 'object',
    required: ['choices'],
    additionalProperties: false,
    properties: {
      preset: text,
      choices: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(
            allSettings
              .filter(({ choice }) => choice)
              .map(({ choice, summary }) => [choice, { description: `${summary}.`, ...text }]),
          ),
        },
      },
    },
  }),
  contexts: stored('contexts', undefined, contextsSchema),
};

const made = new Map(
  describedFiles.map(({ name, id }) => {
    const { $schema: _draft, $id: _id, ...schema } = schemas[name];
    const whole = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: id, ...schema };
    return [`${folder}/${name}.json`, `${JSON.stringify(whole, null, 2)}\n`];
  }),
);
mkdirSync(join(root, folder), { recursive: true });
const stale = readdirSync(join(root, folder))
  .map((name) => `${folder}/${name}`)
  .filter((file) => !made.has(file));
if (process.argv.includes('--update')) {
  for (const file of stale) rmSync(join(root, file));
  for (const [file, content] of made) writeFileSync(join(root, file), content);
} else {
  const wrong = [...made].filter(([file, content]) => !existsSync(join(root, file)) || readText(file) !== content);
  report(
    [...wrong.map(([file]) => file), ...stale].map(
      (file) => `${file} is not what the libraries make: npm run check -- cli --update`,
    ),
  );
}

/** The schema of a person's config.yaml; other names in it are others'. */
function config() {
  const backend = {
    type: 'object',
    required: ['api_endpoint', 'api_key'],
    additionalProperties: false,
    properties: {
      api_endpoint: { description: 'The address of the service.', type: 'string' },
      api_key: { description: 'A key for it.', type: 'string' },
      region: { description: 'The region of its stack.', type: 'string' },
      stack_name: { description: 'The name of its stack.', type: 'string' },
      receipt_key: { description: 'The public key (PEM) of its receipts.', type: 'string' },
    },
  };
  const name = '^(?!local$)[A-Za-z0-9][\\w.-]{0,62}$';
  return {
    title: 'config.yaml',
    description: 'Your backends for hawser exec, and your settings.',
    type: 'object',
    properties: {
      $schema: text,
      backend: { description: 'The backend that is taken when nothing else is said.', type: ['string', 'null'] },
      backends: {
        description: 'Backends by name.',
        type: ['object', 'null'],
        propertyNames: { pattern: name },
        additionalProperties: backend,
      },
      ...backend.properties,
      settings: settingsOf('user'),
    },
    dependentRequired: { api_endpoint: ['api_key'], api_key: ['api_endpoint'] },
  };
}

/** What may stand below `settings` of a file. */
function settingsOf(whose) {
  const mine = allSettings.filter((setting) => setting[whose] === true);
  return {
    description: 'Defaults of commands, by the names that hawser config list shows.',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: Object.fromEntries(
      mine.map(({ name, summary, otherwise, value }) => [
        name,
        {
          description: `${summary[0].toUpperCase()}${summary.slice(1)}. Default: ${otherwise}.`,
          ...schemaOfValue(value),
        },
      ]),
    ),
  };
}

/** A document of the state folder: its data in the envelope that all have. */
function stored(kind, version, data) {
  const { $schema: _draft, ...rest } = data;
  return {
    title: `.hawser/${kind}.json`,
    type: 'object',
    required: ['kind', 'version', 'revision', 'data'],
    properties: {
      kind: { const: kind },
      version: version === undefined ? { type: 'integer', minimum: 1 } : { const: version },
      revision: { type: 'integer', minimum: 0 },
      data: rest,
    },
  };
}

/** The settings and the list of files, out of the sources of the command line. */
async function sourcesOfCli() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export { allSettings } from './settings/all.ts'; export { schemaOfValue } from './check-value.ts'; export { describedFiles } from './file-schemas.ts';",
      resolveDir: join(root, 'apps/cli/src/config'),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
