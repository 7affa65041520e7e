import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { extension } from '../licence.js';

test('wants a licence', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rule-'));
  t.after(() => rm(folder, { recursive: true }));
  const input = { environment: 'my_env', folder, signal: new AbortController().signal };
  assert.equal((await extension.check(input))[0]?.message, 'There is no licence.');
  await writeFile(join(folder, 'LICENSE'), 'MIT');
  assert.deepEqual(await extension.check(input), []);
});
