import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { extension } from '../disk-space.js';

test('says how much room there is', async () => {
  const input = /** @type {any} */ ({ folders: { data: tmpdir() } });
  const { state, found } = await extension.look(input);
  assert.match(state, /^(?:ok|warn)$/);
  assert.match(found, /\d+\.\d GiB/);
});
