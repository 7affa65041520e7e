import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { extension } from '../nice.js';

test('runs a command with the lowest priority, and ends as it does', async () => {
  const run = { executionId: 'exec_0', attempt: 1, folder: '/', tree: '/' };
  const [program = '', ...args] = await extension.wrap(run);
  const { stdout, status } = spawnSync(program, [...args, 'sh', '-c', 'nice; exit 7'], { encoding: 'utf8' });
  assert.deepEqual([stdout, status], ['19\n', 7]);
});
