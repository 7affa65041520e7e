import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { printedByReadme } from '../../../../test/support/readme.js';

const home = fileURLToPath(new URL('../..', import.meta.url));

test('the example of the README runs', () => {
  const printed = printedByReadme(home);
  expect(printed).toMatch(/^file README\.md \d+$/m);
  expect(printed).toContain('\nfolder src undefined\nfile src/errors.ts ');
  expect(printed).not.toContain('dist');
});
