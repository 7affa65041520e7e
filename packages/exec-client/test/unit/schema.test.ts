import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { projectFileKeys, readProjectFile } from '../../src/config/project-file.js';
import { Scratch } from '../support/work-tree.js';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schemas/hawser-project.schema.json'), 'utf8'),
) as { readonly properties: object };
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

/** Whether our own reader takes it. */
async function isRead(text: string): Promise<boolean> {
  using scratch = new Scratch();
  writeFileSync(scratch.in('.hawser.yaml'), text);
  return await readProjectFile(scratch.path).then(
    () => true,
    () => false,
  );
}

describe('the schema of a project’s file', () => {
  test('knows the names that are read, and no others', () => {
    expect(Object.keys(schema.properties).toSorted()).toEqual([...projectFileKeys].toSorted());
  });

  test.each([
    'repo: https://github.com/user/infra',
    'env: { A: x, B: 1, C: true }',
    'timeout: 30m',
    'timeout: 90',
    'lock: x\nlock_policy: wait\nlock_timeout: 60',
    'auto_lock: off',
    'auto_lock: false',
    'notify: [{ url: https://x.example, on: [failed] }]',
    'labels: { team: 7 }',
    'secrets: { A: team/a }',
    'cpu: 256\nmemory: 512\ndisk: 30\nplatform: ARM64',
    'no_repo: true',
    'backend: prod\ndetach: true\nattachable: true\nisolation: auto',
    'role: arn:aws:iam::123456789012:role/x',
  ])('takes what is read: %j', async (text) => {
    expect([validate(parse(text)), await isRead(text)]).toEqual([true, true]);
  });

  test.each([
    'brnach: main',
    'env: [A]',
    'env: { 1A: x }',
    'env: { HAWSER_X: x }',
    'timeout: soon',
    'lock_policy: steal',
    'auto_lock: maybe',
    'notify: [{ url: http://x.example }]',
    'notify: [{ url: https://x.example, at: now }]',
    'cpu: 300',
    'disk: 5',
    'retries: 3',
    'branch: -x',
    'workdir: /etc',
    'secrets: { A: "" }',
    'detach: 1',
    'role: admin',
  ])('refuses what is refused: %j', async (text) => {
    expect([validate(parse(text)), await isRead(text)]).toEqual([false, false]);
  });
});
