import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } });

/** Holds what a command printed with `--json` to its committed schema. */
export function expectSchema(command: string, data: unknown): void {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, `../../schemas/${command}.json`), 'utf8')) as object;
  const validate = ajv.compile(schema);
  validate(data);
  expect(validate.errors).toBeNull();
}
