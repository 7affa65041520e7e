import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test('the compiled schemas are those of the sources: npm run schemas', () => {
  const made = execFileSync(process.execPath, [pathOf('compile-schemas.mjs'), '--print'], { encoding: 'utf8' });
  expect(readFileSync(pathOf('src/schema/compiled.generated.ts'), 'utf8')).toBe(made);
});
