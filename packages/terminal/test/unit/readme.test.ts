import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { printedByReadme } from '../../../../test/support/readme.js';

const home = fileURLToPath(new URL('../..', import.meta.url));

test('the example of the README runs', () => {
  expect(printedByReadme(home, 'echo hi-$((1+1)); echo oops >&2\n')).toBe('hi-2\nended\n');
});
