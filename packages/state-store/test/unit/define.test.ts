import { readFile } from 'node:fs/promises';
import { defineDocument, fileSchema, openStore, type DocumentOptions } from '@hawser/state-store';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { tempFolder } from '../support/folder.js';

const good: DocumentOptions<{ a: number }> = {
  name: 'good',
  version: 2,
  schema: {
    $id: 'https://hawser.example/good.json',
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'integer' } },
  },
  migrations: { 2: (data) => data },
  default: () => ({ a: 1 }),
};

describe('defineDocument', () => {
  test.each<[string, Partial<DocumentOptions<{ a: number }>>, RegExp]>([
    ['a name that is a path', { name: '../other' }, /name must be/],
    ['a name in capitals', { name: 'Net' }, /name must be/],
    ['an empty name', { name: '' }, /name must be/],
    ['a name too long', { name: 'x'.repeat(65) }, /name must be/],
    ['version 0', { version: 0 }, /whole number from 1/],
    ['version 1.5', { version: 1.5 }, /whole number from 1/],
    ['no schema', { schema: undefined as never }, /no schema/],
    ['a default that is a value', { default: { a: 1 } as never }, /default must be a function/],
    ['no copies at all', { keep: 0 }, /keep must be/],
    ['a missing migration', { version: 3 }, /migration to version 3 is missing/],
    ['a migration too many', { version: 1 }, /migration to version 2, which does not exist/],
  ])('refuses %s', (_what, change, message) => {
    const define = (): unknown => defineDocument({ ...good, ...change });
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code: 'HAWSER_STATE_DEFINITION', exitCode: 2 }));
  });

  test('a schema that is none and a default that does not fit are told at the first use', async () => {
    const store = openStore({ from: await tempFolder(), env: {} });
    const noSchema = store.document(defineDocument({ ...good, schema: { type: 'no such type' } }));
    await expect(noSchema.read()).rejects.toMatchObject({
      code: 'HAWSER_STATE_DEFINITION',
      message: expect.stringContaining('schema'),
    });
    const noDefault = store.document(defineDocument({ ...good, default: () => ({ a: 1.5 }) }));
    await expect(noDefault.read()).rejects.toMatchObject({
      code: 'HAWSER_STATE_DEFINITION',
      message: expect.stringContaining('default does not fit its schema: /a must be integer'),
    });
  });
});

describe('fileSchema', () => {
  test('describes the file as it is written, under an id that names the version', async () => {
    const definition = defineDocument(good);
    const schema = fileSchema(definition);
    expect(schema.$id).toBe('https://hawser.example/good.json/file/2');
    const validate = new Ajv2020().compile(schema);
    const document = openStore({ from: await tempFolder(), env: {} }).document(definition);
    await document.update(() => ({ a: 5 }));
    const file = JSON.parse(await readFile(document.path, 'utf8')) as Record<string, unknown>;
    expect(file['$schema']).toBe(schema.$id);
    expect([validate(file), validate.errors]).toEqual([true, null]);
    expect(validate({ ...file, data: { a: 'text' } })).toBe(false);
    expect(validate({ ...file, version: 3 })).toBe(false);
  });

  test('without an id of the data schema it is a URN', () => {
    expect(fileSchema({ name: 'net', version: 4, schema: { type: 'object' } }).$id).toBe('urn:hawser:state:net/file/4');
  });
});
