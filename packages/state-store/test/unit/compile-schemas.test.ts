import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineDocument, openStore, type Validator } from '@hawser/state-store';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileValidator } from '../../src/validator.js';
import { tempFolder } from '../support/folder.js';

const root = join(import.meta.dirname, '../../../..');
const schemaPath = join(import.meta.dirname, '../fixtures/network.schema.json');

async function generate(): Promise<{ folder: string; validate: Validator; schema: Record<string, unknown> }> {
  const folder = await tempFolder();
  execFileSync(process.execPath, [join(root, 'scripts/compile-schemas.mjs'), schemaPath, '--out', folder]);
  const module = (await import(pathToFileURL(join(folder, 'network.generated.js')).href)) as { validate: Validator };
  return {
    folder,
    validate: module.validate,
    schema: JSON.parse(await readFile(schemaPath, 'utf8')) as Record<string, unknown>,
  };
}

test('a generated validator is one module without imports, with its types beside it', async () => {
  const { folder } = await generate();
  expect((await readdir(folder)).toSorted()).toEqual(['network.generated.d.ts', 'network.generated.js']);
  const code = await readFile(join(folder, 'network.generated.js'), 'utf8');
  // ajv's own helpers carry such a text about themselves, which nothing runs.
  const running = code.replaceAll(/\.code='require\([^']*'/g, '');
  expect(running).not.toMatch(/(^|;)import[ {*"']|require\(/);
  expect(code.length).toBeLessThan(10_000);
  expect(await readFile(join(folder, 'network.generated.d.ts'), 'utf8')).toContain(
    'export declare const validate: Validator',
  );
});

test('a generated validator judges as the one compiled at run time does, complaints included', async () => {
  const { validate, schema } = await generate();
  const compiled = await compileValidator(schema, 'network');
  const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.string());
  const tunnel = fc.record(
    { name: fc.oneof(fc.string(), fc.nat()), port, via: fc.oneof(fc.constantFrom('ssh', 'ssm'), fc.jsonValue()) },
    { requiredKeys: ['name'], noNullPrototype: true },
  );
  const network = fc.record(
    { label: fc.string(), tunnels: fc.array(tunnel, { maxLength: 3 }) },
    { requiredKeys: ['tunnels'], noNullPrototype: true },
  );
  let valid = 0;
  const property = fc.property(fc.oneof(network, fc.jsonValue()), (data) => {
    const verdict = validate(data);
    if (verdict) valid++;
    expect([verdict, validate.errors]).toEqual([compiled(data), compiled.errors]);
  });
  fc.assert(property, { numRuns: 500 });
  expect(valid).toBeGreaterThan(5);
  const twice = {
    tunnels: [
      { name: 'a', port: 1 },
      { name: 'a', port: 1 },
    ],
  };
  expect([validate(twice), compiled(twice)]).toEqual([false, false]);
});

test('a document takes it as its validate', async () => {
  const { validate, schema } = await generate();
  const network = defineDocument<{ tunnels: unknown[] }>({
    name: 'network',
    version: 1,
    schema,
    validate,
    default: () => ({ tunnels: [] }),
  });
  const document = openStore({ from: await tempFolder(), env: {} }).document(network);
  await expect(document.update(() => ({ tunnels: [{ name: 'a', port: 99_999 }] }))).rejects.toThrow(
    '/tunnels/0/port must be <= 65535',
  );
});

test('without a schema it says how it is used', () => {
  expect(() => execFileSync(process.execPath, [join(root, 'scripts/compile-schemas.mjs')], { stdio: 'pipe' })).toThrow(
    'Usage:',
  );
});
