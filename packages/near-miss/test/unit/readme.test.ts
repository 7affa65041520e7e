import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { printedByReadme } from '../../../../test/support/readme.js';

const home = fileURLToPath(new URL('../..', import.meta.url));

test('the example of the README runs', () => {
  expect(printedByReadme(home)).toBe('Did you mean doctor?\nDid you mean echo_env?\n');
});
