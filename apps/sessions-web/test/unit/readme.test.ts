import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runReadmeExample } from '../../../../test/support/readme.js';

test('the example of the README runs, and prints what it says', () => {
  const { said, stdout, stderr } = runReadmeExample(join(import.meta.dirname, '../..'), 'node_modules');
  expect(said.length).toBeGreaterThan(1);
  expect({ stdout, stderr }).toEqual({ stdout: said.join(''), stderr: '' });
});
