import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { readProjectFile, readUserFile } from '@hawser/exec-client';
import { loadTunnels } from '@hawser/tunnels/config';
import { describedFiles, schemaComment } from '../../src/config/file-schemas.js';
import { SettingResolver, settingOf } from '../../src/config/resolve.js';
import { readUserFile as readSessionsFile } from '../../src/sessions/user-file.js';

const folder = mkdtempSync(join(tmpdir(), 'hf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ajv = new Ajv2020({ strict: false });
const validators = new Map<string, ValidateFunction>();

function fits(name: string, value: unknown): boolean {
  let validate = validators.get(name);
  if (!validate) {
    const path = join(import.meta.dirname, `../../schemas/files/${name}.json`);
    validators.set(name, (validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object)));
  }
  return validate(value);
}

/** Puts a text where its reader looks, and reads it as the product does. */
const readers: Readonly<Record<string, (text: string, place: string) => Promise<unknown>>> = {
  project: async (text, place) => {
    writeFileSync(join(place, '.hawser.yaml'), text);
    await readProjectFile(place);
    await resolveOne(place);
  },
  config: async (text, place) => {
    writeFileSync(join(place, 'config.yaml'), text, { mode: 0o600 });
    await readUserFile(place);
    await resolveOne(place);
  },
  tunnels: async (text, place) => {
    writeFileSync(join(place, 'tunnels.yaml'), text);
    await loadTunnels({ from: place, env: { HAWSER_CONFIG_DIR: join(place, 'none') }, home: tmpdir() });
  },
  sessions: async (text, place) => {
    writeFileSync(join(place, 'sessions.json'), text, { mode: 0o600 });
    await readSessionsFile(place);
  },
};

async function resolveOne(place: string): Promise<void> {
  const resolver = new SettingResolver({ from: place, env: {}, home: tmpdir(), configDir: place });
  for (const name of ['aws.region', 'net.prefect-port', 'net.via', 'env.allow-network', 'hf.endpoint']) {
    await resolver.resolve(settingOf(name));
  }
}

const $schema = (name: string): string => `$schema: https://hawser.dev/schemas/${name}-1.json\n`;
const key = '{ "url": "https://s.example.com", "api_key": "k"';

describe('the schema of a file says what its reader says', () => {
  test.each([
    ['project', `${schemaComment('project')}image: node:22\n`, true],
    ['project', `${$schema('project')}settings: { aws.region: eu-west-1, net.prefect-port: 5000 }`, true],
    ['project', 'settings: { net.via: ssm, env.allow-network: true }', true],
    ['project', 'settings:', true],
    ['project', 'settings: { aws.regoin: x }', false],
    ['project', 'settings: { hf.endpoint: https://x.example.com }', false],
    ['project', 'settings: { net.prefect-port: 0 }', false],
    ['project', 'settings: { net.via: carrier-pigeon }', false],
    ['project', 'settings: { aws.region: "-x" }', false],
    ['project', 'brnach: main', false],
    ['config', `${$schema('config')}settings: { hf.endpoint: https://x.example.com }`, true],
    ['config', 'backend: a\nbackends: { a: { api_endpoint: x, api_key: y, region: z } }', true],
    ['config', 'api_endpoint: x\napi_key: y\nother: kept', true],
    ['config', 'backends: { a: { api_endpoint: x } }', false],
    ['config', 'backends: { local: { api_endpoint: x, api_key: y } }', false],
    ['config', 'backends: { a: { api_endpoint: x, api_key: y, colour: z } }', false],
    ['config', 'api_key: y', false],
    ['config', 'settings: { exec.image: x }', false],
    ['config', 'settings: { hf.endpoint: x }', false],
    ['tunnels', `${schemaComment('tunnels')}${$schema('tunnels')}sets: {}`, true],
    ['tunnels', 'sets: { a: { via: { kind: direct }, tunnels: { w: { to: "localhost:80", local: 0 } } } }', true],
    ['tunnels', 'sets: { a: { via: { kind: ssm } } }', false],
    ['tunnels', 'stes: {}', false],
    ['sessions', `${key}, "$schema": "https://hawser.dev/schemas/sessions-1.json", "receipt_keys": [] }`, true],
    ['sessions', `${key}, "receipt_keys": [1] }`, false],
    ['sessions', '{ "url": "https://s.example.com" }', false],
  ])('%s: %j is %s', async (name, text, isGood) => {
    const place = mkdtempSync(join(folder, 'f-'));
    writeFileSync(join(place, '.git'), '');
    const isRead = await readers[name]!(text, place).then(
      () => true,
      () => false,
    );
    expect([fits(name, parse(text)), isRead]).toEqual([isGood, isGood]);
  });

  test('is there for every file, under the address that the line for editors names', () => {
    for (const { name, id } of describedFiles) {
      const schema = JSON.parse(
        readFileSync(join(import.meta.dirname, `../../schemas/files/${name}.json`), 'utf8'),
      ) as object;
      expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: id });
      expect(ajv.validateSchema(schema)).toBe(true);
    }
    expect(fits('openenv', { $schema: 'x', spec_version: 1, name: 'echo', app: 'server.app:app', port: 8000 })).toBe(
      true,
    );
    expect(fits('openenv', { spec_version: 2, name: 'echo' })).toBe(false);
    expect(fits('openenv', { name: 'echo', action: 'A', observation: 'O' })).toBe(true);
    const setup = {
      kind: 'setup',
      version: 1,
      revision: 1,
      data: { preset: 'local', choices: { local: { target: 'x' } } },
    };
    expect(fits('setup', setup)).toBe(true);
    expect(fits('setup', { ...setup, data: { choices: { local: { colour: 'x' } } } })).toBe(false);
  });
});
