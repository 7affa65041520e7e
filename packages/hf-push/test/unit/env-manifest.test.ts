import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../../src/env/manifest.js';

const today = 'spec_version: 1\nname: my_env\ntype: space\nruntime: fastapi\napp: server.app:app\nport: 8000\n';
const validation = `version: 0.1.0
validation:
  reward: { min: 0, max: 1 }
  resources: { cpu: 1 }
  capabilities: { verifier: true }
  types: { tags: [echo] }
`;

describe('openenv.yaml', () => {
  test.each([
    ['of openenv-core 0.3.0', today, '1'],
    ['of openenv 0.10.0', today + validation, '1'],
    [
      'of before spec_version',
      'name: coding_env\nversion: "0.1.0"\ndescription: x\naction: CodeAction\nobservation: CodeObservation\n',
      'legacy',
    ],
    ['with a dotted path', today.replace('server.app:app', 'a.b.server.app:app'), '1'],
  ])('%s is good', async (_, text, dialect) => {
    const { manifest, findings } = await readManifest(text);
    expect(findings).toEqual([]);
    expect(manifest?.dialect).toBe(dialect);
  });

  test('says name, port and variables, the latter as text', async () => {
    const { manifest } = await readManifest(`${today}variables:\n  A: 1\n  B: true\n  C: text\n  D: 1.50\n`);
    expect(manifest).toMatchObject({ name: 'my_env', port: 8000, app: 'server.app:app' });
    expect(manifest?.variables).toEqual({ A: '1', B: 'true', C: 'text', D: '1.5' });
  });

  test.each([
    ['manifest/field', 'error', today.replace('name: my_env\n', '')],
    ['manifest/field', 'error', today.replace('8000', '"8000"')],
    ['manifest/field', 'error', today.replace('8000', '0')],
    ['manifest/field', 'error', today.replace('spec_version: 1', 'spec_version: 2')],
    ['manifest/field', 'error', today.replace('type: space', 'type: model')],
    ['manifest/field', 'error', `${today}variables: [a]\n`],
    ['manifest/field', 'error', `${today}variables: { A: [1] }\n`],
    ['manifest/field', 'error', `${today}variables: { "A B": x }\n`],
    ['manifest/unknown-key', 'warning', `${today}colour: red\n`],
    ['manifest/yaml', 'error', '- a\n'],
    ['manifest/yaml', 'error', 'name: [\n'],
    ['manifest/yaml', 'error', 'name: a\nname: b\n'],
  ])('%s, %s: %j', async (rule, severity, text) => {
    const { findings } = await readManifest(text);
    expect(findings).toMatchObject([{ rule, severity, path: 'openenv.yaml' }]);
  });

  test('a port that is none is not believed', async () => {
    expect((await readManifest(today.replace('8000', '99999'))).manifest?.port).toBeUndefined();
  });
});
