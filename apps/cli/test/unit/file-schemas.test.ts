import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describedFiles, schemaComment } from '../../src/config/file-schemas.js';
import { ajv, fits, type HandWritten, isRead } from '../support/file-readers.js';

const folder = mkdtempSync(join(tmpdir(), 'hf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const $schema = (name: string): string => `$schema: https://hawser.dev/schemas/${name}-1.json\n`;
const key = '{ "url": "https://s.example.com", "api_key": "k"';

describe('the schema of a file says what its reader says', () => {
  test.each<[HandWritten, string, boolean]>([
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
    expect([fits(name, parse(text)), await isRead(name, text, folder)]).toEqual([isGood, isGood]);
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
